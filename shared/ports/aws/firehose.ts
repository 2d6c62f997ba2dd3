import type { FirehoseClient } from "@aws-sdk/client-firehose";
import type { S3Client } from "@aws-sdk/client-s3";
import type { Clock, LogBatch, LogEntry, LogSink } from "../ports.ts";
import { putRecords } from "./firehoseRecords.ts";
import { type Line, lineOf, MAX_RECORD_BYTES, type Stream } from "./logLines.ts";
import { logObjects } from "./logObjects.ts";
import { together } from "./together.ts";

export interface FirehoseOptions {
  readonly callsStream: string;
  readonly bodiesStream: string;
  /** Takes what Firehose did not, under `undelivered/`, and bodies that are too large for it, under `bodies/objects/`. */
  readonly undeliveredBucket: string;
  readonly clock: Clock;
  /** Given the records of calls that neither Firehose nor S3 took, one a line: where the process itself logs. */
  readonly lastResort: (line: string) => void;
  /** How long Firehose is tried for. S3 then has three times as long. */
  readonly retryMs?: number;
}

/**
 * Sends what comes while a request is on its way in the next one, so that few wait long and many share a request. Neither
 * client needs to retry: Firehose is retried in here, for the records that it did not take. Each record ends in Firehose, in
 * S3 or in `lastResort`; a body has no last resort, since that is open to more readers: then `write` rejects.
 */
export function firehose(client: FirehoseClient, s3: S3Client, options: FirehoseOptions): LogSink {
  const { callsStream, bodiesStream, undeliveredBucket: bucket, clock, lastResort, retryMs = 1000 } = options;
  const objects = logObjects(s3, { bucket, clock, timeoutMs: 3 * retryMs });
  const deliver = async (name: string, stream: Stream, lines: readonly Line[]): Promise<ReadonlySet<Line>> => {
    const [large, small] = [lines.filter(isTooLarge), lines.filter((line) => !isTooLarge(line))];
    const left = await putRecords(client, name, small, retryMs);
    return new Set(await objects.putUndelivered(stream, [...large, ...left]));
  };
  const sendCalls = together((lines: readonly Line[]) => deliver(callsStream, "calls", lines));
  const sendBodies = together((lines: readonly Line[]) => deliver(bodiesStream, "bodies", lines));

  const writeCalls = async (lines: readonly Line[]): Promise<void> => {
    for (const line of await sendCalls(lines)) lastResort(line.bytes.toString("utf8").trimEnd());
  };
  const writeBodies = async (entries: readonly LogEntry[]): Promise<void> => {
    const lines = await Promise.all(entries.map(objects.withContentBeside));
    const lost = (await sendBodies(lines)).length + lines.filter(({ isIncomplete }) => isIncomplete).length;
    if (lost > 0) throw new Error(`${lost} bodies were taken neither by Firehose nor by S3`);
  };

  return {
    async write({ calls, bodies }: LogBatch) {
      const callLines = calls.map(lineOf);
      const results = await Promise.allSettled([writeCalls(callLines), writeBodies(bodies)]);
      for (const result of results) if (result.status === "rejected") throw result.reason;
    },
  };
}

const isTooLarge = ({ bytes }: Line): boolean => bytes.byteLength > MAX_RECORD_BYTES;
