import { describe, expect } from "vitest";
import type { Json } from "../../shared/contracts/json.ts";
import type { LogBatch, LogSink } from "../../shared/ports/ports.ts";
import { type Open, testOf } from "./opened.ts";

/** How a suite looks at what has arrived: the records of one stream in one hour, such as `dt=2025-01-31/hour=23`. */
interface Readable {
  recordsOf(stream: keyof LogBatch, partition: string): Promise<readonly Json[]>;
}

export function describeLogSink(name: string, open: Open<LogSink, Readable>): void {
  const test = testOf(open);
  const at = Date.UTC(2025, 0, 31, 23, 59, 59, 999);

  describe(`${name} as a log sink`, () => {
    test("has stored a batch when the write resolves", async ({ opened }) => {
      const record = { id: "req_1", text: 'two\nlines, "quotes", 🦊', nested: { cost: 1.5, none: null } };
      await opened.port.write({ calls: [{ at, record }], bodies: [{ at, record: { id: "req_1", body: "hello" } }] });
      expect(await opened.recordsOf("calls", "dt=2025-01-31/hour=23")).toEqual([record]);
      expect(await opened.recordsOf("bodies", "dt=2025-01-31/hour=23")).toEqual([{ id: "req_1", body: "hello" }]);
    });

    test("places each record by the hour of its event, in UTC", async ({ opened }) => {
      await opened.port.write({ calls: [at, at + 1, Date.UTC(2025, 5, 1, 4)].map((time) => ({ at: time, record: time })), bodies: [] });
      expect(await opened.recordsOf("calls", "dt=2025-01-31/hour=23")).toEqual([at]);
      expect(await opened.recordsOf("calls", "dt=2025-02-01/hour=00")).toEqual([at + 1]);
      expect(await opened.recordsOf("calls", "dt=2025-06-01/hour=04")).toEqual([Date.UTC(2025, 5, 1, 4)]);
      expect(await opened.recordsOf("bodies", "dt=2025-01-31/hour=23")).toEqual([]);
    });

    test("resolves an empty batch", async ({ opened }) => {
      await opened.port.write({ calls: [], bodies: [] });
    });

    test("loses nothing of many writes at once", async ({ opened }) => {
      const ids = Array.from({ length: 1000 }, (_, index) => index);
      await Promise.all(ids.map((id) => opened.port.write({ calls: [{ at, record: { id } }], bodies: [] })));
      expect(new Set((await opened.recordsOf("calls", "dt=2025-01-31/hour=23")).map((record) => JSON.stringify(record)))).toEqual(
        new Set(ids.map((id) => JSON.stringify({ id }))),
      );
    });
  });
}
