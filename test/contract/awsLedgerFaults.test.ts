import { ScanCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ledgerClient, storeClient } from "../../shared/ports/aws/dynamoClients.ts";
import { dynamoLedger } from "../../shared/ports/aws/dynamoLedger.ts";
import { dynamoStore } from "../../shared/ports/aws/dynamoStore.ts";
import { UnknownOutcome } from "../../shared/ports/aws/ledgerFailures.ts";
import type { Hold, Ledger, Reservation, Reserved } from "../../shared/ports/ports.ts";
import { type DynamoProxy, type Interference, startDynamoProxy } from "../support/aws/dynamoProxy.ts";
import { type Dynamo, localConfig, startDynamo } from "../support/aws/dynamoTables.ts";
import { type ManualClock, manualClock } from "../support/manualClock.ts";
import { counterOf, holdOf, SLOT_MS } from "./ledgerModel.ts";

let dynamo: Dynamo;
let proxy: DynamoProxy;
beforeAll(async () => {
  dynamo = await startDynamo();
  proxy = await startDynamoProxy(dynamo.endpoint);
});
afterAll(() => Promise.all([proxy.close(), dynamo.close()]));

interface Scene {
  readonly clock: ManualClock;
  readonly reported: UnknownOutcome[];
  /** Another process on the same table, behind the proxy that misbehaves; or not, as a reader who sees what is there. */
  open(where: "behind the proxy" | "directly", options?: { readonly shards?: number; readonly ms?: number }): Ledger;
  readonly table: string;
}

const ledgers = test.extend("scene", async ({ task: _ }, { onCleanup }): Promise<Scene> => {
  const [table, clock, reported] = [await dynamo.newTable(), manualClock(), [] as UnknownOutcome[]];
  const clients: { destroy(): void }[] = [];
  proxy.interfere(() => "pass");
  onCleanup(() => {
    for (const client of clients) client.destroy();
  });
  const open: Scene["open"] = (where, { shards = 1, ms = 10_000 } = {}) => {
    const client = ledgerClient(localConfig(where === "directly" ? dynamo.endpoint : proxy.endpoint));
    clients.push(client);
    return dynamoLedger(client, table, clock, { deadline: { firstMs: ms, ms }, report: (unknown) => reported.push(unknown), shards });
  };
  return { clock, reported, open, table };
});

/** Misbehaves at the first writes that `matches` says, and passes the rest. */
function interfereWith(interference: Interference, matches: (pk: string) => boolean, times = 1): void {
  let left = times;
  proxy.interfere((operation, pk) => {
    if (operation !== "UpdateItem" || !matches(pk) || left === 0) return "pass";
    left -= 1;
    return interference;
  });
}

const spend = (amount: bigint, limit = 100n, id = "spend") => holdOf("spend", amount, limit, counterOf(id));

async function reserved(reservation: Promise<Reservation>): Promise<Reserved> {
  const answer = await reservation;
  if (!answer.ok) throw new Error(`hold ${answer.refusedBy} was refused at ${answer.total}`);
  return answer.reserved;
}

async function unknown(outcome: Promise<unknown>): Promise<readonly Hold[]> {
  const error = await outcome.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof UnknownOutcome)) throw new Error("the outcome was known", { cause: error });
  return error.holds;
}

for (const [interference, isDone] of [
  ["lose", true],
  ["die", false],
  ["fault", false],
  ["hang", false],
] as const)
  ledgers(
    `a reservation whose answer never comes is unknown, and is not sent again (${interference})`,
    async ({ scene: { open, clock } }) => {
      const [port, reader] = [open("behind the proxy", { ms: 500 }), open("directly")];
      await reserved(port.reserve([spend(10n)], clock.now()));
      interfereWith(interference, () => true);
      const before = proxy.operations.length;
      expect(await unknown(port.reserve([spend(20n)], clock.now()))).toEqual([spend(20n)]);
      expect(proxy.operations.length - before).toBe(1);
      expect(await reader.usage([counterOf("spend")])).toEqual([isDone ? 30n : 10n]);
      await reserved(port.reserve([spend(70n)], clock.now()));
      expect(await port.reserve([spend(21n)], clock.now())).toMatchObject({ ok: false, total: isDone ? 100n : 80n });
    },
  );

ledgers("a settlement whose answer was lost is unknown, and is not counted twice", async ({ scene: { open, clock } }) => {
  const [port, reader] = [open("behind the proxy"), open("directly")];
  const held = await reserved(port.reserve([spend(50n), spend(10n, 100n, "other")], clock.now()));
  interfereWith("lose", (pk) => pk.includes("#spend#"));
  expect(await unknown(port.settle(held, [20n, 5n]))).toMatchObject([spend(50n)]);
  expect(await reader.usage([counterOf("spend"), counterOf("other")])).toEqual([20n, 5n]);
});

ledgers("holds beside an unknown one are given back, and only it is told", async ({ scene: { open, clock } }) => {
  const [port, reader] = [open("behind the proxy"), open("directly")];
  interfereWith("lose", (pk) => pk.includes("#b#"));
  expect(await unknown(port.reserve([spend(1n, 10n, "a"), spend(2n, 10n, "b"), spend(3n, 10n, "c")], clock.now()))).toEqual([
    spend(2n, 10n, "b"),
  ]);
  expect(await reader.usage(["a", "b", "c"].map((id) => counterOf(id)))).toEqual([0n, 2n, 0n]);
});

ledgers(
  "a refusal stands although another hold could not be given back, and that is reported",
  async ({ scene: { open, clock, reported } }) => {
    const port = open("behind the proxy");
    await reserved(port.reserve([spend(10n, 10n, "full")], clock.now()));
    let writes = 0;
    proxy.interfere((operation, pk) => {
      if (operation === "UpdateItem" && pk.includes("#a#")) writes += 1;
      return writes === 2 ? "lose" : "pass";
    });
    expect(await port.reserve([spend(1n, 10n, "a"), spend(1n, 10n, "full")], clock.now())).toEqual({ ok: false, refusedBy: 1, total: 10n });
    expect(reported.map(({ holds }) => holds)).toMatchObject([[spend(1n, 10n, "a")]]);
  },
);

ledgers("what certainly was not done is no unknown outcome", async ({ scene: { open, clock } }) => {
  proxy.interfere(() => "throttle");
  await expect(open("behind the proxy").reserve([spend(1n)], clock.now())).rejects.toMatchObject({
    name: "ProvisionedThroughputExceededException",
  });
  proxy.interfere((operation) => (operation === "GetItem" ? "hang" : "pass"));
  await expect(open("behind the proxy", { shards: 2, ms: 200 }).reserve([spend(1n)], clock.now())).rejects.toThrow(
    "the ledger did not answer within 200 ms",
  );
});

ledgers("a warm call is one write a limit, all at once; a refused one gives back what it took", async ({ scene: { open, clock } }) => {
  const port = open("behind the proxy");
  const holds = [spend(6n, 10n, "a"), spend(1n, 10n, "b"), holdOf("occupy", 1n, 10n), holdOf("count", 1n, 10n)];
  const before = proxy.operations.length;
  await reserved(port.reserve(holds, clock.now()));
  expect(proxy.operations.slice(before)).toEqual(holds.map(() => "UpdateItem"));
  expect(await port.reserve(holds, clock.now())).toEqual({ ok: false, refusedBy: 0, total: 6n });
  expect(await port.usage(holds.map(({ counter }) => counter))).toEqual([6n, 1n, 1n, 1n]);
});

ledgers("a settlement that is throttled is sent again", async ({ scene: { open, clock } }) => {
  const port = open("behind the proxy");
  const held = await reserved(port.reserve([spend(50n)], clock.now()));
  interfereWith("throttle", () => true, 2);
  await port.settle(held, [20n]);
  expect(await port.usage([counterOf("spend")])).toEqual([20n]);
});

const isRoot = (pk: string) => !pk.includes("@");

ledgers("a counter that is throttled is spread on shards, and everybody still counts all of it", async ({ scene: { open, clock } }) => {
  const [port, other] = [open("behind the proxy"), open("directly")];
  interfereWith("throttle", isRoot);
  await Promise.all(Array.from({ length: 40 }, () => port.reserve([spend(1n)], clock.now())));
  expect(await other.usage([counterOf("spend")])).toEqual([40n]);
  const keys: string[] = [];
  proxy.interfere((operation, pk) => {
    if (operation === "UpdateItem") keys.push(pk);
    return "pass";
  });
  await reserved(port.reserve([spend(1n)], clock.now()));
  expect(keys[0]).toContain("@");
  await Promise.all(Array.from({ length: 70 }, (_, index) => (index % 2 ? port : other).reserve([spend(1n)], clock.now())));
  expect(await Promise.all([port, other].map((ledger) => ledger.usage([counterOf("spend")])))).toEqual([[100n], [100n]]);
});

ledgers("shards serve a hold that none of them, and not the root, could take alone", async ({ scene: { open, clock } }) => {
  const port = open("directly", { shards: 4 });
  const held = await Promise.all(Array.from({ length: 40 }, () => reserved(port.reserve([spend(2n)], clock.now()))));
  await Promise.all(held.map((each) => port.settle(each, [0n])));
  expect(await port.reserve([spend(101n)], clock.now())).toEqual({ ok: false, refusedBy: 0, total: 0n });
  const whole = await reserved(port.reserve([spend(100n)], clock.now()));
  expect(await port.reserve([spend(1n)], clock.now())).toEqual({ ok: false, refusedBy: 0, total: 100n });
  await port.settle(whole, [99n]);
  await reserved(port.reserve([spend(1n)], clock.now()));
});

ledgers("credit that was on its way when its bearer died is found by the others, and given once", async ({ scene: { open, clock } }) => {
  const [port, other] = [open("behind the proxy", { shards: 2, ms: 300 }), open("directly", { shards: 2 })];
  let isGiven = false;
  proxy.interfere((operation, pk) => {
    if (operation !== "UpdateItem") return "pass";
    if (isGiven) return "hang";
    isGiven = isRoot(pk);
    return "pass";
  });
  await expect(port.reserve([spend(1n)], clock.now())).rejects.toThrow();
  const served = await Promise.all(Array.from({ length: 120 }, () => other.reserve([spend(1n)], clock.now())));
  expect(served.filter(({ ok }) => ok)).toHaveLength(100);
  expect(await other.usage([counterOf("spend")])).toEqual([100n]);
});

ledgers(
  "a limit that was lowered holds for what shards already have, and one that was raised opens up",
  async ({ scene: { open, clock } }) => {
    const port = open("directly", { shards: 3 });
    for (let call = 0; call < 10; call += 1) await reserved(port.reserve([spend(2n, 100n)], clock.now()));
    expect(await port.reserve([spend(2n, 20n)], clock.now())).toEqual({ ok: false, refusedBy: 0, total: 20n });
    await reserved(port.reserve([spend(2n, 22n)], clock.now()));
    await reserved(port.reserve([spend(178n, 200n)], clock.now()));
    expect(await port.reserve([spend(1n, 200n)], clock.now())).toEqual({ ok: false, refusedBy: 0, total: 200n });
  },
);

ledgers("throttling and lost answers together never pass a limit that is shared by shards", async ({ scene: { open, clock } }) => {
  const processes = Array.from({ length: 3 }, () => open("behind the proxy"));
  let request = 0;
  proxy.interfere(() => {
    request += 1;
    return request % 7 === 0 ? "throttle" : request % 31 === 0 ? "lose" : "pass";
  });
  const calls = Array.from({ length: 120 }, async (_, index) => {
    const port = processes[index % 3] as Ledger;
    return port.reserve([spend(3n)], clock.now()).then(
      ({ ok }) => (ok ? "served" : "refused"),
      () => "failed",
    );
  });
  const outcomes = await Promise.all(calls);
  const total = (await open("directly").usage([counterOf("spend")]))[0] ?? 0n;
  expect(total).toBeLessThanOrEqual(100n);
  const served = BigInt(outcomes.filter((outcome) => outcome === "served").length);
  expect(3n * served).toBeLessThanOrEqual(total);
  expect(served).toBeGreaterThan(0n);
});

ledgers("an item tells DynamoDB when it may be deleted, root and shard alike", async ({ scene: { open, clock, table } }) => {
  const client = storeClient(localConfig(dynamo.endpoint));
  const counter = counterOf("spend", clock.now() + 1500);
  await reserved(open("directly", { shards: 2 }).reserve([holdOf("spend", 1n, 100n, counter)], clock.now() + SLOT_MS));
  const { Items = [] } = await client.send(new ScanCommand({ TableName: table }));
  expect(Items).toHaveLength(2);
  for (const item of Items)
    expect(item).toMatchObject({ ttl: { N: String(Math.ceil(counter.expiresAt / 1000)) }, expiresAt: { N: String(counter.expiresAt) } });
  client.destroy();
});

test("a store's batch that DynamoDB answers in parts is asked for until it is whole", async () => {
  const client = storeClient(localConfig(proxy.endpoint));
  const port = dynamoStore(client, await dynamo.newTable(), manualClock());
  const keys = Array.from({ length: 8 }, (_, index) => ({ collection: "keys", id: `key_${index}` }));
  proxy.interfere(() => "pass");
  await Promise.all(keys.map((key) => port.put(key, "x".repeat(300_000))));
  const before = proxy.operations.length;
  expect((await port.getMany(keys)).every((item) => item?.value)).toBe(true);
  expect(proxy.operations.slice(before)).toEqual(["BatchGetItem", "BatchGetItem"]);
  client.destroy();
});
