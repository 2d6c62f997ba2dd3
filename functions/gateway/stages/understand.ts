import type { Answer, ProviderError } from "../../../shared/contracts/answer.ts";
import type { Call, Headers } from "../../../shared/contracts/call.ts";
import { GatewayError } from "../../../shared/contracts/error.ts";
import { lazy } from "../../../shared/contracts/lazy.ts";
import type { Reply } from "../../../shared/contracts/reply.ts";
import type { Attempt, Trace, TracedAnswer } from "../../../shared/contracts/trace.ts";
import type { Clock, UpstreamResponse } from "../../../shared/ports/ports.ts";
import { collectedAnswer, wholeAnswer } from "../collectedAnswer.ts";
import { redact, withoutSecret } from "../redact.ts";
import type { AttemptTimer } from "./attemptTimer.ts";
import { committed, watched } from "./committed.ts";
import { type Exchange, opaque } from "./exchange.ts";
import { streamOf } from "./replay.ts";

interface Answered {
  readonly call: Call;
  readonly exchange: Exchange;
  readonly response: UpstreamResponse;
  readonly secret: string | undefined;
  readonly traced: Attempt;
  readonly timer: AttemptTimer;
  readonly trace: Trace;
  readonly finish: (thrown?: unknown) => GatewayError | undefined;
  readonly clock: Clock;
}

/** Makes a reply of a provider's response; throws when it is no answer. */
export async function understand(answered: Answered): Promise<Reply> {
  const { call, exchange, response } = answered;
  const { status, headers } = response;
  if (status < 200 || status > 299) return failedReply(answered);
  const contentType = headers["content-type"] ?? "";
  if (/^text\/event-stream\b/i.test(contentType)) return streamed(answered);
  if (call.operation === "passthrough" && !/\bjson\b/i.test(contentType)) {
    const events = watched([], opaque(response.body)[Symbol.asyncIterator](), { onEvents: () => {}, onEnd: answered.finish });
    return { kind: "stream", status, headers, events, framing: "raw" };
  }
  const bytes = withoutSecret(await response.whole(), answered.secret);
  const answer = exchange.decode(bytes);
  const { error } = answer;
  if (error && call.operation !== "passthrough") throw errorInSuccess(error, answered);
  keep(answered, wholeAnswer(bytes, answer));
  if (!exchange.isStream) return { kind: "whole", status, headers, bytes, answer: lazy(() => answer) };
  answered.finish(); // a host that does not stream answered a streaming request whole
  return streamOf(call, bytes, headers);
}

async function streamed(answered: Answered): Promise<Reply> {
  const { call, exchange, response, traced, timer, finish, clock } = answered;
  const { status, headers } = response;
  if (call.operation !== "passthrough" && !exchange.isStream)
    throw new GatewayError("upstream_invalid", "the provider streams what was to be whole");
  const collected = collectedAnswer(call.dialect, call.operation);
  const source = exchange.decodeEvents(response.body)[Symbol.asyncIterator]();
  const watcher = { onEvents: collected.add, onEnd: finish };
  const first = exchange.isStream ? await committed(source) : { batches: [] };
  if (first.error) {
    await source.return?.();
    throw errorInSuccess(first.error, answered);
  }
  keep(answered, collected);
  traced.firstTokenAt = clock.monotonic();
  timer.firstTokenCame();
  return { kind: "stream", status, headers, events: watched(first.batches, source, watcher), framing: "events" };
}

/** The provider's own words, unless they repeat the secret with which it was called. */
async function failedReply(answered: Answered): Promise<Reply> {
  const { response, secret, traced } = answered;
  const { status, headers } = response;
  const received = await response.whole();
  const text = Buffer.from(received.buffer, received.byteOffset, received.byteLength).toString("utf8");
  const safe = redact(text, [secret]);
  const bytes = safe === text ? received : Buffer.from(safe);
  traced.errorCode = `http_${status}`;
  const nothing: Answer = { choices: [] };
  keep(answered, wholeAnswer(bytes, nothing));
  return { kind: "whole", status, headers: headers as Headers, bytes, answer: () => nothing };
}

function keep({ traced, trace }: Answered, answer: TracedAnswer): void {
  traced.answer = answer;
  trace.answer = answer;
}

/** A failure under a status that says success gets the status that it means, where the body names one. */
function errorInSuccess({ message, status }: ProviderError, { secret }: Answered): GatewayError {
  return new GatewayError("upstream_invalid", redact(message, [secret]), status === undefined ? {} : { status });
}
