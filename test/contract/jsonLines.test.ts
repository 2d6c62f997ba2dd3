import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { jsonLines } from "../../shared/ports/embedded/jsonLines.ts";
import { modeOf, testInFolder as test } from "./temporaryFolder.ts";

const at = Date.UTC(2025, 0, 31, 7);
const hour = "dt=2025-01-31/hour=07";
const call = (id: number) => ({ calls: [{ at, record: { id } }], bodies: [] });

test("the log files can be read by their owner alone", async ({ folder }) => {
  const log = jsonLines(join(folder, "log"));
  await log.write(call(1));
  for (const path of ["", "calls", "calls/dt=2025-01-31", `calls/${hour}`]) expect(await modeOf(join(folder, "log", path))).toBe("700");
  expect(await modeOf(join(folder, "log", "calls", hour, "calls.jsonl"))).toBe("600");
});

test("the log files keep the order of the writes, over many appends and a restart", async ({ folder }) => {
  const first = jsonLines(folder, { pendingRecords: 7 });
  const writes = Array.from({ length: 100 }, (_, id) => first.write(call(id)));
  await first.close();
  await Promise.all(writes);
  await jsonLines(folder).write(call(100));
  const text = await readFile(join(folder, "calls", hour, "calls.jsonl"), "utf8");
  expect(text).toBe(Array.from({ length: 101 }, (_, id) => `{"id":${id}}\n`).join(""));
});

test("the log files reject the records that could not be appended, and take those after them", async ({ folder }) => {
  await writeFile(join(folder, "calls"), "in the way");
  const log = jsonLines(folder);
  const body = { calls: [], bodies: [{ at, record: "body" }] };
  const [lost, kept] = await Promise.allSettled([log.write(call(1)), log.write(body)]);
  expect([lost.status, kept.status]).toEqual(["rejected", "fulfilled"]);
  await rm(join(folder, "calls"));
  await log.write(call(2));
  expect(await readFile(join(folder, "calls", hour, "calls.jsonl"), "utf8")).toBe('{"id":2}\n');
});

test("the log files reject a record that is no JSON, and take those beside it", async ({ folder }) => {
  const log = jsonLines(folder);
  const circular: { self?: typeof circular } = {};
  circular.self = circular;
  const written = await Promise.allSettled([log.write({ calls: [{ at, record: circular }], bodies: [] }), log.write(call(1))]);
  expect(written.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
});

test("the log files have everything once flushed or closed, and take nothing afterwards", async ({ folder }) => {
  const log = jsonLines(folder, { waitMs: 60_000 });
  const writes = [log.write(call(1))];
  await log.flush();
  writes.push(log.write(call(2)));
  await log.close();
  await Promise.all(writes);
  await expect(log.write(call(3))).rejects.toThrow("the log is closed");
  expect(await readFile(join(folder, "calls", hour, "calls.jsonl"), "utf8")).toBe('{"id":1}\n{"id":2}\n');
});
