import { FirehoseClient } from "@aws-sdk/client-firehose";
import { S3Client } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import type { Json } from "../../shared/contracts/json.ts";
import { firehose } from "../../shared/ports/aws/firehose.ts";
import type { Clock, LogEntry, LogSink } from "../../shared/ports/ports.ts";
import { localConfig } from "../support/aws/dynamoTables.ts";
import { type FirehoseBehaviour, type FirehoseStub, startFirehose } from "../support/aws/firehoseStub.ts";
import { type S3Stub, startS3 } from "../support/aws/s3Stub.ts";
import { manualClock } from "../support/manualClock.ts";
import { describeLogSink } from "./logSinkContract.ts";
import type { Opened } from "./opened.ts";

const BUCKET = "logs";
const at = Date.UTC(2025, 0, 31, 23, 59);
const HOUR = "dt=2025-01-31/hour=23";

interface House {
  readonly stub: FirehoseStub;
  readonly s3: S3Stub;
  readonly lastResort: readonly string[];
  /** Every record of a stream that arrived anywhere, as often as it did. */
  everyRecord(stream: "calls" | "bodies"): readonly Json[];
}

async function openSink(clock: Clock, retryMs = 1000): Promise<Opened<LogSink> & House> {
  const [stub, s3] = await Promise.all([startFirehose(), startS3()]);
  const clients = {
    firehose: new FirehoseClient({ ...localConfig(stub.endpoint), maxAttempts: 1 }),
    s3: new S3Client({ ...localConfig(s3.endpoint), forcePathStyle: true, maxAttempts: 2 }),
  };
  const lastResort: string[] = [];
  const port = firehose(clients.firehose, clients.s3, {
    callsStream: "calls",
    bodiesStream: "bodies",
    undeliveredBucket: BUCKET,
    clock,
    lastResort: (line) => lastResort.push(line),
    retryMs,
  });
  return {
    port,
    stub,
    s3,
    lastResort,
    everyRecord: (stream) =>
      recordsIn([...(stub.delivered.get(stream) ?? []), ...undelivered(s3, stream), ...(stream === "calls" ? lastResort : [])]),
    close: async () => {
      for (const client of Object.values(clients)) client.destroy();
      await Promise.all([stub.close(), s3.close()]);
    },
  };
}

const undelivered = ({ objects }: S3Stub, stream: string): readonly string[] =>
  [...objects].filter(([key]) => key.startsWith(`${BUCKET}/undelivered/${stream}/dt=`)).map(([, text]) => text);

const recordsIn = (texts: readonly string[]): readonly Json[] =>
  texts.flatMap((text) =>
    text
      .split("\n")
      .filter(Boolean)
      .map((line): Json => JSON.parse(line)),
  );

/** Firehose itself places a record by its `started_at`; here the records say nothing, so that all of an hour are those of any. */
describeLogSink("Firehose", async (clock) => {
  const house = await openSink(clock);
  const entries: { stream: string; at: number; record: Json }[] = [];
  const port: LogSink = {
    write: (batch) => {
      for (const stream of ["calls", "bodies"] as const) entries.push(...batch[stream].map((entry) => ({ stream, ...entry })));
      return house.port.write(batch);
    },
  };
  const recordsOf = async (stream: "calls" | "bodies", partition: string) => {
    const here = entries
      .filter((entry) => entry.stream === stream && partitionOf(entry.at) === partition)
      .map(({ record }) => JSON.stringify(record));
    return house.everyRecord(stream).filter((record) => here.includes(JSON.stringify(record)));
  };
  return { port, recordsOf, close: house.close };
});

const partitionOf = (time: number): string => new Date(time).toISOString().replace(/^(.*)T(..).*$/, "dt=$1/hour=$2");

const sink = test.extend("house", async ({ task: _ }, { onCleanup }) => {
  const house = await openSink(manualClock(), 300);
  onCleanup(house.close);
  return house;
});

const entry = (id: number, more: Record<string, Json> = {}): LogEntry => ({ at, record: { id, ...more } });
const entries = (count: number): LogEntry[] => Array.from({ length: count }, (_, id) => entry(id));
const idsOf = (records: readonly Json[]): unknown[] =>
  records.map((record) => (record as { id: unknown }).id).sort((a, b) => Number(a) - Number(b));
const ids = (count: number): number[] => Array.from({ length: count }, (_, id) => id);

sink("Firehose gets one line a record, within 500 records and 4 MiB a request", async ({ house: { port, stub, everyRecord } }) => {
  await port.write({ calls: entries(1201), bodies: [] });
  expect(stub.requests.map(({ records }) => records).sort()).toEqual([201, 500, 500]);
  expect(stub.delivered.get("calls")).toContain('{"id":7}\n');
  const bodies = ids(12).map((id) => entry(id, { content: "x".repeat(800 * 1024) }));
  await port.write({ calls: [], bodies });
  expect(stub.requests.slice(3).every(({ bytes }) => bytes <= 4 * 1024 * 1024)).toBe(true);
  expect(idsOf(everyRecord("bodies"))).toEqual(ids(12));
});

sink("Firehose gets what comes during one request in the next one", async ({ house: { port, stub, everyRecord } }) => {
  await Promise.all(ids(300).map((id) => port.write({ calls: [entry(id)], bodies: [] })));
  expect(stub.requests.length).toBeLessThan(10);
  expect(idsOf(everyRecord("calls"))).toEqual(ids(300));
});

const BEHAVIOURS: readonly (readonly [string, readonly FirehoseBehaviour[], FirehoseBehaviour])[] = [
  ["throttles once", ["throttle"], "take"],
  ["takes half, twice", ["partly", "partly"], "take"],
  ["fails and breaks the connection", ["fault", "die"], "take"],
  ["throttles for good", [], "throttle"],
  ["takes half of each request", [], "partly"],
  ["takes half and then nothing", ["partly"], "throttle"],
  ["refuses", [], "refuse"],
  ["hangs", [], "hang"],
  ["takes half and then hangs", ["partly"], "hang"],
  ["dies", [], "die"],
  ["takes half and then dies", ["partly"], "die"],
];

for (const [name, script, then] of BEHAVIOURS)
  sink(`every record is found exactly once when Firehose ${name}`, async ({ house: { port, stub, lastResort, everyRecord } }) => {
    stub.behave(script, then);
    await port.write({ calls: entries(600), bodies: [] });
    expect(idsOf(everyRecord("calls"))).toEqual(ids(600));
    expect(lastResort).toEqual([]);
  });

for (const behaviour of ["throttle", "refuse", "hang", "die"] as const)
  sink(
    `every record is found exactly once when Firehose takes half and S3 does this: ${behaviour}`,
    async ({ house: { port, stub, s3, lastResort, everyRecord } }) => {
      stub.behave(["partly"], "hang");
      s3.behave(behaviour);
      await port.write({ calls: entries(10), bodies: [] });
      expect(idsOf(everyRecord("calls"))).toEqual(ids(10));
      expect(lastResort).toEqual(["1", "3", "5", "7", "9"].map((id) => `{"id":${id}}`));
    },
  );

sink("a refusal that no retry can change is not retried", async ({ house: { port, stub, s3 } }) => {
  stub.behave([], "refuse");
  await port.write({ calls: [entry(1), { at: at + 60_000, record: { id: 2 } }], bodies: [] });
  expect(stub.requests).toHaveLength(1);
  expect([...s3.objects.keys()].sort()).toEqual([
    expect.stringContaining(`undelivered/calls/${HOUR}/`),
    expect.stringContaining("undelivered/calls/dt=2025-02-01/hour=00/"),
  ]);
});

sink("a body never gets into the process's own log, and its loss is said", async ({ house: { port, stub, s3, lastResort } }) => {
  stub.behave([], "refuse");
  s3.behave("refuse");
  await expect(port.write({ calls: [entry(1)], bodies: [entry(1, { content: "private" })] })).rejects.toThrow(
    "1 bodies were taken neither by Firehose nor by S3",
  );
  expect(lastResort).toEqual(['{"id":1}']);
});

sink("a body that is too large for a record is put beside it, whole", async ({ house: { port, stub, s3 } }) => {
  const content = "ü\n".repeat(500_000);
  await port.write({ calls: [], bodies: [entry(1, { content })] });
  const [record] = recordsIn(stub.delivered.get("bodies") ?? []) as [{ content_object: string }];
  expect(record).toEqual({ id: 1, content: "", content_object: expect.stringContaining(`bodies/objects/${HOUR}/`) });
  expect(JSON.parse(s3.objects.get(`${BUCKET}/${record.content_object}`) ?? "")).toEqual({ id: 1, content });
});

sink("a body that can be put nowhere leaves its record, which says so", async ({ house: { port, stub, s3 } }) => {
  s3.behave("refuse");
  await expect(port.write({ calls: [], bodies: [entry(1, { content: "x".repeat(1_000_000) })] })).rejects.toThrow("1 bodies");
  expect(recordsIn(stub.delivered.get("bodies") ?? [])).toEqual([{ id: 1, content: "", truncated: true }]);
});

sink("a record of a call that is too large for Firehose goes to S3", async ({ house: { port, stub, everyRecord } }) => {
  await port.write({ calls: [entry(0), entry(1, { text: "x".repeat(1_100_000) })], bodies: [] });
  expect(stub.delivered.get("calls")).toEqual(['{"id":0}\n']);
  expect(idsOf(everyRecord("calls"))).toEqual([0, 1]);
});
