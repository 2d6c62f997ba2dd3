import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ledgerClient, storeClient } from "../../shared/ports/aws/dynamoClients.ts";
import { dynamoLedger } from "../../shared/ports/aws/dynamoLedger.ts";
import { dynamoStore } from "../../shared/ports/aws/dynamoStore.ts";
import type { Clock, Ledger, Store } from "../../shared/ports/ports.ts";
import { type Dynamo, localConfig, startDynamo } from "../support/aws/dynamoTables.ts";
import { manualClock } from "../support/manualClock.ts";
import { describeLedger } from "./ledgerContract.ts";
import { counterOf, holdOf } from "./ledgerModel.ts";
import type { Opened } from "./opened.ts";
import { describeStore } from "./storeContract.ts";

let dynamo: Dynamo;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.close());

async function openStore(clock: Clock): Promise<Opened<Store>> {
  const client = storeClient(localConfig(dynamo.endpoint));
  return { port: dynamoStore(client, await dynamo.newTable(), clock), close: async () => client.destroy() };
}

/** dynalite shares this process and its thread with the tests. */
const PATIENT = { firstMs: 20_000, ms: 20_000 };
const unexpected = (unknown: Error) => expect.unreachable(unknown.message);

async function openLedger(clock: Clock, shards: number): Promise<Opened<Ledger>> {
  const client = ledgerClient(localConfig(dynamo.endpoint));
  const port = dynamoLedger(client, await dynamo.newTable(), clock, { deadline: PATIENT, report: unexpected, shards });
  return { port, close: async () => client.destroy() };
}

describeStore("DynamoDB", openStore);
describeLedger("DynamoDB", (clock) => openLedger(clock, 1), { interleavings: 30 });
describeLedger("DynamoDB with two shards a counter", (clock) => openLedger(clock, 2), { interleavings: 30 });

describe("DynamoDB as a store: batches and lists", () => {
  test("gets more than a hundred items, also asked for twice", async () => {
    const { port, close } = await openStore(manualClock());
    const keys = Array.from({ length: 120 }, (_, index) => ({ collection: "keys", id: `key_${index}` }));
    await Promise.all(keys.map((key) => port.put(key, key.id)));
    const items = await port.getMany([...keys, ...keys]);
    expect(items.map((item) => item?.value)).toEqual([...keys, ...keys].map(({ id }) => id));
    await close();
  });

  test("fills its pages although many of the items have expired", async () => {
    const clock = manualClock();
    const { port, close } = await openStore(clock);
    const ids = Array.from({ length: 40 }, (_, index) => `key_${String(index).padStart(2, "0")}`);
    await Promise.all(ids.map((id, index) => port.put({ collection: "keys", id }, id, index % 4 ? { ttlSeconds: 1 } : {})));
    clock.advance(1000);
    expect(await port.list("keys", { limit: 3 })).toMatchObject({
      items: [{ id: "key_00" }, { id: "key_04" }, { id: "key_08" }],
      next: "key_08",
    });
    expect((await port.list("keys", { after: "key_08", prefix: "key_0" })).items).toEqual([]);
    await close();
  });

  test("does everything but list in a table without an index", async () => {
    const client = storeClient(localConfig(dynamo.endpoint));
    const port = dynamoStore(client, await dynamo.newTable(), manualClock(), { listed: false });
    await port.put({ collection: "cache", id: "a#b" }, "answer");
    expect(await port.get({ collection: "cache", id: "a#b" })).toEqual({ id: "a#b", value: "answer", version: 1 });
    await expect(port.list("cache")).rejects.toThrow("keeps no lists");
    client.destroy();
  });
});

test("processes that see a counter with one, two and four shards stay within its limit together, and lose nothing of it", async () => {
  const [client, table, clock] = [ledgerClient(localConfig(dynamo.endpoint)), await dynamo.newTable(), manualClock()];
  const [one, two, four] = [1, 2, 4].map((shards) =>
    dynamoLedger(client, table, clock, { deadline: PATIENT, report: unexpected, shards }),
  ) as [Ledger, Ledger, Ledger];
  const held = (amount: bigint) => [holdOf("spend", amount, 100n)];
  let counted = 0n;
  const call = async (ledger: Ledger, amount: bigint): Promise<void> => {
    const reservation = await ledger.reserve(held(amount), clock.now());
    if (!reservation.ok) return;
    counted += amount;
    expect(counted).toBeLessThanOrEqual(100n);
    const actual = amount / 4n;
    // Before the write that frees it: what is free only later makes the expectation stricter, never wrong.
    counted -= amount - actual;
    await ledger.settle(reservation.reserved, [actual]);
  };
  for (let round = 0; round < 4; round += 1)
    await Promise.all(
      Array.from({ length: 30 }, (_, index) => call([one, two, four][index % 3] as Ledger, BigInt(1 + ((index * 7 + round) % 30)))),
    );
  expect(await one.usage([counterOf("spend")])).toEqual([counted]);
  expect(await four.reserve(held(100n - counted), clock.now())).toMatchObject({ ok: true });
  expect(await two.reserve(held(1n), clock.now())).toEqual({ ok: false, refusedBy: 0, total: 100n });
  client.destroy();
});
