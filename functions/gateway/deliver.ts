import type { Outgoing } from "../../shared/contracts/call.ts";
import { asGatewayError, type GatewayError } from "../../shared/contracts/error.ts";
import type { End, WireEvent } from "../../shared/contracts/reply.ts";
import type { Trace } from "../../shared/contracts/trace.ts";
import type { Clock } from "../../shared/ports/ports.ts";
import { hasLeft } from "./departure.ts";
import type { Response } from "./respond.ts";

/** Sends the response and says how that ended; resolves when the client has its last byte, or has left. */
export async function deliver(response: Response, outgoing: Outgoing, signal: AbortSignal, trace: Trace, clock: Clock): Promise<void> {
  trace.status = response.status;
  if (response.kind === "whole") {
    trace.responseBytes = response.bytes.byteLength;
    outgoing.whole(response.status, response.headers, response.bytes);
    await outgoing.finished;
    trace.end = hasLeft(signal) ? "cancelled" : endOf(response.status, trace);
  } else {
    trace.end = await deliverStream(response, outgoing, signal, trace, clock);
    await outgoing.finished;
  }
  trace.deliveredAt = clock.monotonic();
}

function endOf(status: number, { error }: Trace): End {
  if (status < 400 && !error) return "complete";
  if (error?.code === "timeout") return "timeout";
  return error && !error.code.startsWith("upstream") ? "refused" : "failed";
}

async function deliverStream(
  { status, headers, opening, events, breaking }: Extract<Response, { kind: "stream" }>,
  outgoing: Outgoing,
  signal: AbortSignal,
  trace: Trace,
  clock: Clock,
): Promise<End> {
  let last: WireEvent | undefined;
  outgoing.begin(status, headers);
  const send = (bytes: Uint8Array) => {
    trace.responseBytes += bytes.byteLength;
    return outgoing.write(bytes);
  };
  try {
    if (opening) await send(opening);
    for await (const batch of events) {
      const bytes = joined(batch);
      if (!bytes) continue;
      trace.firstTokenAt ??= clock.monotonic();
      const slow = send(bytes);
      if (slow) await slow;
      last = batch.at(-1);
      if (hasLeft(signal)) break;
    }
    if (hasLeft(signal)) return "cancelled";
    outgoing.end();
    return "complete";
  } catch (thrown) {
    const error = asGatewayError(thrown);
    trace.error = error;
    if (hasLeft(signal)) return "cancelled";
    await breakOff(outgoing, last?.delta().error ? undefined : breaking?.(error), breaking !== undefined);
    return endOfBroken(error);
  }
}

const endOfBroken = ({ code }: GatewayError): End => (code === "timeout" ? "timeout" : code === "guardrail_denied" ? "refused" : "cut");

/** The client must not take what came for the whole: the stream says so in its own words, or the connection breaks. */
async function breakOff(outgoing: Outgoing, words: Uint8Array | undefined, hasWords: boolean): Promise<void> {
  if (!hasWords) return outgoing.destroy();
  if (words) await outgoing.write(words);
  outgoing.end();
}

/** Events that arrived together and stand side by side in memory leave as one piece, uncopied. */
function joined(batch: readonly WireEvent[]): Uint8Array | undefined {
  if (batch.length === 1) return batch[0]?.withheld ? undefined : batch[0]?.bytes;
  const pieces = batch.filter(({ withheld }) => !withheld).map(({ bytes }) => bytes);
  const [first] = pieces;
  if (pieces.length < 2 || !first) return first;
  const length = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return areAdjacent(pieces) ? new Uint8Array(first.buffer, first.byteOffset, length) : Buffer.concat(pieces, length);
}

const areAdjacent = (pieces: readonly Uint8Array[]): boolean =>
  pieces.every((piece, index) => {
    const before = pieces[index - 1];
    return !before || (piece.buffer === before.buffer && piece.byteOffset === before.byteOffset + before.byteLength);
  });
