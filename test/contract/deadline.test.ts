import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import {
  DeadlineExceeded,
  ledgerWithDeadline,
  logSinkWithDeadline,
  secretsWithDeadline,
  storeWithDeadline,
} from "../../shared/ports/deadline.ts";
import type { Secrets } from "../../shared/ports/ports.ts";

const never = new Promise<never>(() => {});
const tight = { firstMs: 5, ms: 5 };

/** Secrets that answer each read as the test says. */
const answering = (read: () => Promise<string>): Secrets => ({ read, write: () => never, remove: () => never });

test("answers as the port does when it is in time", async () => {
  const answers = [Promise.resolve("value"), Promise.reject(new Error("no such secret"))];
  const secrets = secretsWithDeadline(
    answering(() => answers.shift() ?? never),
    { firstMs: 1000, ms: 1000 },
  );
  expect(await secrets.read("a")).toBe("value");
  await expect(secrets.read("b")).rejects.toThrow("no such secret");
});

test("rejects every call of every port that does not answer, and says which and after how long", async () => {
  const silent = () => never;
  const store = storeWithDeadline({ get: silent, getMany: silent, put: silent, delete: silent, list: silent }, tight);
  const ledger = ledgerWithDeadline({ reserve: silent, settle: silent, usage: silent }, tight);
  const secrets = secretsWithDeadline({ read: silent, write: silent, remove: silent }, tight);
  const sink = logSinkWithDeadline({ write: silent }, tight);
  const key = { collection: "keys", id: "a" };
  const calls = {
    store: [store.get(key), store.getMany([key]), store.put(key, 1), store.delete(key), store.list("keys")],
    ledger: [ledger.reserve([], 0), ledger.settle({ holds: [], slot: 0 }, []), ledger.usage([])],
    "secrets store": [secrets.read("a"), secrets.write("a", "b"), secrets.remove("a")],
    "log sink": [sink.write({ calls: [], bodies: [] })],
  };
  for (const [port, pending] of Object.entries(calls))
    await Promise.all(pending.map((answer: Promise<unknown>) => expect(answer).rejects.toEqual(new DeadlineExceeded(port, 5))));
});

test("gives the first call more time, and those after it less", async () => {
  const secrets = secretsWithDeadline(
    answering(() => sleep(40, "slow")),
    { firstMs: 2000, ms: 5 },
  );
  expect(await Promise.all([secrets.read("a"), secrets.read("b")])).toEqual(["slow", "slow"]);
  await expect(secrets.read("c")).rejects.toThrow(DeadlineExceeded);
});

test("gives no more time after a first call that never ended", async () => {
  const secrets = secretsWithDeadline(
    answering(() => never),
    { firstMs: 20, ms: 5 },
  );
  await expect(secrets.read("a")).rejects.toThrow("within 20 ms");
  await expect(secrets.read("b")).rejects.toThrow("within 5 ms");
});

test("lets a failure after the deadline pass unnoticed", async () => {
  const unhandled: unknown[] = [];
  const notice = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", notice);
  const late = sleep(15).then(() => Promise.reject(new Error("too late")));
  const secrets = secretsWithDeadline(
    answering(() => late),
    tight,
  );
  await expect(secrets.read("a")).rejects.toThrow(DeadlineExceeded);
  await sleep(30);
  process.off("unhandledRejection", notice);
  expect(unhandled).toEqual([]);
});

test("leaves no timer behind once the port has answered", async () => {
  const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
  const before = timers();
  const secrets = secretsWithDeadline(
    answering(async () => "value"),
    { firstMs: 60_000, ms: 60_000 },
  );
  await Promise.all([secrets.read("a"), secrets.read("b")]);
  await sleep(0);
  expect(timers()).toBe(before);
});
