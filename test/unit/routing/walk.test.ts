import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../shared/contracts/error.ts";
import { type Reply, refused } from "../../../shared/contracts/reply.ts";
import { bindStrategy, type StrategyOptions, strategySchema } from "../../../shared/routing/index.ts";
import type { Branch } from "../../../shared/routing/strategy.ts";
import { walk } from "../../../shared/routing/walk.ts";

const answering = (status: number): Reply => ({
  kind: "whole",
  status,
  headers: {},
  bytes: new Uint8Array(),
  answer: () => ({ choices: [] }),
});
const target = (name: string): Branch<string> => ({ kind: "target", target: name });
const group = (strategy: StrategyOptions, ...branches: readonly Branch<string>[]): Branch<string> => ({
  kind: "group",
  strategy: bindStrategy(strategy),
  branches,
});
const FALLBACK = { mode: "fallback" } as const;

/** Walks, and tells which targets were asked and what the status was at last. */
async function walked(tree: Branch<string>, replies: Record<string, Reply>): Promise<{ asked: string[]; reply: Reply }> {
  const asked: string[] = [];
  const reply = await walk(tree, async (name) => {
    asked.push(name);
    return replies[name] ?? answering(200);
  });
  return { asked, reply };
}
const statusOf = (reply: Reply): number => (reply.kind === "refused" ? reply.error.status : reply.status);

describe("fallback", () => {
  const tree = group(FALLBACK, target("a"), target("b"), target("c"));

  test.each([200, 201, 246, 299])("stops at %i", async (status) => {
    expect((await walked(tree, { a: answering(status) })).asked).toEqual(["a"]);
  });

  test.each([302, 400, 401, 404, 408, 429, 446, 500, 503])("goes on after %i", async (status) => {
    expect((await walked(tree, { a: answering(status) })).asked).toEqual(["a", "b"]);
  });

  test("weighs a refusal as it weighs an answer", async () => {
    const { asked, reply } = await walked(tree, {
      a: refused(new GatewayError("guardrail_denied", "no")),
      b: refused(new GatewayError("rate_limited", "no")),
      c: answering(503),
    });
    expect(asked).toEqual(["a", "b", "c"]);
    expect(statusOf(reply)).toBe(503);
  });

  test("with its own statuses goes on after those and no others, even a success", async () => {
    const narrowed = group({ ...FALLBACK, on_status_codes: [246, 429] }, target("a"), target("b"));
    expect((await walked(narrowed, { a: answering(246) })).asked).toEqual(["a", "b"]);
    expect((await walked(narrowed, { a: answering(500) })).asked).toEqual(["a"]);
  });

  test("with no statuses at all never goes on", async () => {
    expect((await walked(group({ ...FALLBACK, on_status_codes: [] }, target("a"), target("b")), { a: answering(500) })).asked).toEqual([
      "a",
    ]);
  });

  test("what is thrown ends the call", async () => {
    const serve = () => Promise.reject(new GatewayError("budget_exhausted", "no"));
    await expect(walk(tree, serve)).rejects.toMatchObject({ code: "budget_exhausted" });
  });
});

test("single asks the first and no other", async () => {
  const { asked, reply } = await walked(group({ mode: "single" }, target("a"), target("b")), { a: answering(500) });
  expect(asked).toEqual(["a"]);
  expect(statusOf(reply)).toBe(500);
});

test("a group inside another one gives its last reply to it", async () => {
  const tree = group(
    FALLBACK,
    group({ mode: "single" }, target("a"), target("b")),
    group(FALLBACK, target("c"), group(FALLBACK, target("d"))),
    target("e"),
  );
  const down = answering(500);
  expect((await walked(tree, { a: down, c: down, d: down, e: answering(418) })).asked).toEqual(["a", "c", "d", "e"]);
  expect((await walked(tree, { a: down, c: answering(200) })).asked).toEqual(["a", "c"]);
});

test("a group without branches is a refusal and no hang", async () => {
  const { asked, reply } = await walked(group(FALLBACK), {});
  expect(asked).toEqual([]);
  expect(statusOf(reply)).toBe(400);
});

test("a stream that nobody will read is cancelled, the one that is given on is not", async () => {
  const cancelled: string[] = [];
  const stream = (name: string, status: number): Reply => ({
    kind: "stream",
    status,
    headers: {},
    framing: "events",
    events: {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ value: undefined, done: true }),
        return: () => {
          cancelled.push(name);
          return Promise.resolve({ value: undefined, done: true });
        },
      }),
    },
  });
  await walked(group({ ...FALLBACK, on_status_codes: [246] }, target("a"), target("b")), { a: stream("a", 246), b: stream("b", 246) });
  expect(cancelled).toEqual(["a"]);
});

test.each([
  {},
  { mode: "roulette" },
  { mode: "single", on_status_codes: [500] },
  { mode: "fallback", on_status_codes: [99] },
  { mode: "fallback", on_status_codes: ["500"] },
  { mode: "fallback", weights: [] },
])("what is no strategy is refused: %j", (options) => {
  expect(strategySchema.safeParse(options).success).toBe(false);
});
