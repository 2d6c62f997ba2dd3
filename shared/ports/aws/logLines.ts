import type { LogBatch, LogEntry } from "../ports.ts";

export type Stream = keyof LogBatch;

/** A record as one line of JSON. */
export interface Line {
  /** The time of the event, in ms. */
  readonly at: number;
  readonly bytes: Buffer;
}

/** Firehose takes records of 1,000 KiB before base64. */
export const MAX_RECORD_BYTES = 1_000 * 1024;
/** PutRecordBatch takes so many records, and so many bytes of them. */
const MAX_BATCH_RECORDS = 500;
const MAX_BATCH_BYTES = 4 * 1024 * 1024;

export const lineOf = ({ at, record }: LogEntry): Line => ({ at, bytes: Buffer.from(`${JSON.stringify(record)}\n`) });

/** One line a record of Firehose, since its partitioning reads one JSON document from each. */
export function batchesOf(lines: readonly Line[]): Line[][] {
  const batches: Line[][] = [];
  let bytes = 0;
  for (const line of lines) {
    const batch = batches.at(-1);
    bytes += line.bytes.byteLength;
    if (batch && batch.length < MAX_BATCH_RECORDS && bytes <= MAX_BATCH_BYTES) batch.push(line);
    else {
      batches.push([line]);
      bytes = line.bytes.byteLength;
    }
  }
  return batches;
}

/** `dt=2025-01-31/hour=23`, in UTC. */
export function partitionOf(at: number): string {
  const time = new Date(at).toISOString();
  return `dt=${time.slice(0, 10)}/hour=${time.slice(11, 13)}`;
}
