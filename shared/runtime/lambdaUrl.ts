import type { Headers, Incoming, Outgoing } from "../contracts/call.ts";
import { newId } from "../contracts/id.ts";
import type { Clock } from "../ports/ports.ts";
import { AnswerBody } from "./lambdaBody.ts";
import { lambdaTime, type RemainingTime } from "./lambdaTime.ts";

/** What a function URL sends (payload format 2.0), as far as it is read here. Header names are lower case. */
export interface FunctionUrlEvent {
  readonly rawPath: string;
  readonly rawQueryString: string;
  /** Repeated headers are joined with commas; cookies stand apart. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly cookies?: readonly string[];
  readonly body?: string;
  readonly isBase64Encoded: boolean;
  readonly requestContext: { readonly http: { readonly method: string } };
}

/** Status and headers as the prelude of a streamed response has them, and the body that follows. */
export interface FunctionUrlResponse {
  readonly statusCode: number;
  readonly headers: Headers;
  readonly body: AnswerBody;
}

export interface LambdaUrlOptions {
  readonly clock: Clock;
  /** Never rejects; resolves when the call is settled. */
  readonly serve: (incoming: Incoming, outgoing: Outgoing) => Promise<void>;
}

/**
 * One event of a function URL. Resolves as soon as status and headers are known, so that the body can be streamed; what
 * goes on after its last byte is awaited by `body.delivered`.
 */
export function answerEvent(
  event: FunctionUrlEvent,
  time: RemainingTime,
  { clock, serve }: LambdaUrlOptions,
): Promise<FunctionUrlResponse> {
  const { signal, giveUp, stop } = lambdaTime(time);
  return new Promise((resolve) => {
    const body = new AnswerBody(giveUp);
    const outgoing = outgoingTo(body, resolve);
    const served = serve(incomingFrom(event, signal, clock), outgoing).finally(() => {
      stop();
      outgoing.destroy(); // nothing where the answer has ended
      body.close();
    });
    body.settledBy(served);
  });
}

function incomingFrom(event: FunctionUrlEvent, signal: AbortSignal, clock: Clock): Incoming {
  const receivedAt = clock.now();
  return {
    id: newId("req", receivedAt),
    method: event.requestContext.http.method,
    path: event.rawPath,
    query: event.rawQueryString,
    headers: headersOf(event),
    bytes: bytesOf(event),
    signal,
    receivedAt,
  };
}

function headersOf({ headers, cookies }: FunctionUrlEvent): Headers {
  const own = headers as Headers;
  return cookies?.length ? { ...own, cookie: cookies.join("; ") } : own;
}

const NO_BYTES = new Uint8Array(0);

const bytesOf = ({ body, isBase64Encoded }: FunctionUrlEvent): Uint8Array =>
  body ? Buffer.from(body, isBase64Encoded ? "base64" : "utf8") : NO_BYTES;

/** No length is told: a streamed response has none, and the URL counts for itself. */
function outgoingTo(body: AnswerBody, respond: (response: FunctionUrlResponse) => void): Outgoing {
  let hasBegun = false;
  const begin = (statusCode: number, headers: Headers) => {
    hasBegun = true;
    respond({ statusCode, headers, body });
  };
  return {
    finished: body.finished,
    whole(status, headers, bytes) {
      begin(status, headers);
      void body.write(bytes);
      body.end();
    },
    begin,
    write: (bytes) => body.write(bytes),
    end: () => body.end(),
    destroy() {
      if (hasBegun) return body.breakOff();
      begin(500, {}); // a runtime that is told nothing answers 502
      body.end();
    },
  };
}
