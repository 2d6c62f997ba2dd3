import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { newId } from "../../contracts/id.ts";
import { isJsonObject } from "../../contracts/json.ts";
import type { Clock, LogEntry } from "../ports.ts";
import { type Line, lineOf, partitionOf, type Stream } from "./logLines.ts";

export interface LogObjects {
  /** Gives the lines that could not be put either. */
  putUndelivered(stream: Stream, lines: readonly Line[]): Promise<readonly Line[]>;
  /** The line of a body; one whose content is too large for a record says in `content_object` where it is. */
  withContentBeside(entry: LogEntry): Promise<BodyLine>;
}
/** Incomplete: its content was too large, and could not be put beside it. */
export interface BodyLine extends Line {
  readonly isIncomplete: boolean;
}

interface LogObjectsOptions {
  readonly bucket: string;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

const MAX_LINE_BYTES = 900 * 1024;

/** What the log keeps as objects of their own. S3 takes the same key twice for the same object, so that its client may retry. */
export function logObjects(client: S3Client, { bucket, clock, timeoutMs }: LogObjectsOptions): LogObjects {
  const newName = () => newId("log", clock.now());
  const put = async (key: string, body: Buffer): Promise<boolean> => {
    const command = new PutObjectCommand({ Bucket: bucket, Key: key, Body: body });
    try {
      await client.send(command, { abortSignal: AbortSignal.timeout(timeoutMs) });
      return true;
    } catch {
      // Whatever it was, the caller has to find another place.
      return false;
    }
  };

  return {
    async putUndelivered(stream, lines) {
      const groups = [...Map.groupBy(lines, ({ at }) => partitionOf(at))];
      const left = await Promise.all(
        groups.map(async ([partition, group]) => {
          const body = Buffer.concat(group.map(({ bytes }) => bytes));
          return (await put(`undelivered/${stream}/${partition}/${newName()}.jsonl`, body)) ? [] : group;
        }),
      );
      return left.flat();
    },
    async withContentBeside(entry) {
      const { at, record } = entry;
      const line = lineOf(entry);
      if (line.bytes.byteLength <= MAX_LINE_BYTES || !isJsonObject(record)) return { ...line, isIncomplete: false };
      const key = `bodies/objects/${partitionOf(at)}/${newName()}.json`;
      const isBeside = await put(key, line.bytes);
      const reference = isBeside ? { content: "", content_object: key } : { content: "", truncated: true };
      return { ...lineOf({ at, record: { ...record, ...reference } }), isIncomplete: !isBeside };
    },
  };
}
