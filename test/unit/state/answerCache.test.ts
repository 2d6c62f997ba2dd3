import { randomBytes } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { sqliteStore } from "../../../shared/ports/embedded/sqliteStore.ts";
import type { Store } from "../../../shared/ports/ports.ts";
import { type AnswerCache, answerCache } from "../../../shared/state/answerCache.ts";
import { type ManualClock, manualClock } from "../../support/manualClock.ts";

let clock: ManualClock;
let live: Store;
let cache: AnswerCache;
beforeEach(() => {
  clock = manualClock();
  live = sqliteStore(new DatabaseSync(":memory:"), "live", clock);
  cache = answerCache(live, clock);
});

test("what is kept comes back byte for byte, long or short", async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 3000 }),
    fc.string({ unit: "binary", maxLength: 3000 }).map((text) => Buffer.from(text)),
  );
  await fc.assert(
    fc.asyncProperty(bytes, async (kept) => {
      expect(await cache.put("key", kept, 60)).toBe(true);
      expect(Buffer.from((await cache.get("key"))?.bytes ?? []).equals(kept)).toBe(true);
    }),
    { numRuns: 100 },
  );
});

test("it is there until its time is over, and tells its age", async () => {
  await cache.put("key", Buffer.from("answer"), 60);
  clock.advance(59_500);
  expect((await cache.get("key"))?.ageSeconds).toBe(59.5);
  clock.advance(500);
  expect(await cache.get("key")).toBeUndefined();
});

test("the later answer takes the place of the earlier one", async () => {
  await cache.put("key", Buffer.from("first"), 60);
  await cache.put("key", Buffer.from("second"), 60);
  expect((await cache.get("key"))?.bytes.toString()).toBe("second");
});

test("an answer that is too large for an item is not kept, and says so", async () => {
  expect(await cache.put("noise", randomBytes(300_000), 60)).toBe(false);
  expect(await cache.get("noise")).toBeUndefined();
  expect(await cache.put("words", Buffer.from("many words ".repeat(100_000)), 60)).toBe(true);
  expect(await cache.put("endless", Buffer.alloc(5_000_000), 60)).toBe(false);
});

test("an item takes less than an item of DynamoDB may", async () => {
  await cache.put("key", randomBytes(280_000), 60);
  const stored = await live.get({ collection: "cache", id: "key" });
  expect(Buffer.byteLength(JSON.stringify(stored?.value))).toBeLessThan(400_000);
});

test("an item that somebody else wrote is a failure and no answer", async () => {
  await live.put({ collection: "cache", id: "key" }, { odd: true });
  await expect(cache.get("key")).rejects.toThrow();
});
