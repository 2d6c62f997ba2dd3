import { type FirehoseClient, FirehoseServiceException, PutRecordBatchCommand } from "@aws-sdk/client-firehose";
import { batchesOf, type Line } from "./logLines.ts";
import { pause } from "./pause.ts";

/**
 * Gives the lines that Firehose did not take within `forMs`. Only those that it did not take are sent again. Where no answer
 * came they may have been taken all the same: they are then there twice, and the views drop the second.
 */
export async function putRecords(client: FirehoseClient, stream: string, lines: readonly Line[], forMs: number): Promise<readonly Line[]> {
  const signal = AbortSignal.timeout(forMs);
  const left = await Promise.all(batchesOf(lines).map((batch) => putBatch(client, stream, batch, signal)));
  return left.flat();
}

async function putBatch(client: FirehoseClient, stream: string, batch: readonly Line[], signal: AbortSignal): Promise<readonly Line[]> {
  let left = batch;
  for (let waitMs = 50; ; waitMs *= 2) {
    const attempt = await putOnce(client, stream, left, signal);
    left = attempt.left;
    if (left.length === 0 || !attempt.isWorthRepeating) return left;
    await pause(waitMs, signal).catch(() => undefined);
    if (signal.aborted) return left;
  }
}

interface Attempt {
  readonly left: readonly Line[];
  readonly isWorthRepeating: boolean;
}

async function putOnce(client: FirehoseClient, stream: string, lines: readonly Line[], abortSignal: AbortSignal): Promise<Attempt> {
  const command = new PutRecordBatchCommand({ DeliveryStreamName: stream, Records: lines.map(({ bytes }) => ({ Data: bytes })) });
  try {
    const { RequestResponses = [] } = await client.send(command, { abortSignal });
    return { left: lines.filter((_, index) => RequestResponses[index]?.RecordId === undefined), isWorthRepeating: true };
  } catch (error) {
    return { left: lines, isWorthRepeating: isPassing(error) };
  }
}

/** Anything but a mistake of ours, such as a missing permission or a wrong name. */
const isPassing = (error: unknown): boolean =>
  !(error instanceof FirehoseServiceException) || error.$fault === "server" || /Throttl|LimitExceeded/.test(error.name);
