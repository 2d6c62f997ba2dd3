import { type Answer, NO_DELTA } from "../../../shared/contracts/answer.ts";
import type { Call, Headers } from "../../../shared/contracts/call.ts";
import { GatewayError } from "../../../shared/contracts/error.ts";
import { lazy } from "../../../shared/contracts/lazy.ts";
import type { EventStream } from "../../../shared/contracts/reply.ts";
import type { InnerRequest } from "../../../shared/dialects/dialect.ts";
import { answerOf, decodeDelta, parseObject } from "../../../shared/dialects/openai/answer.ts";
import { editJson } from "../../../shared/wire/jsonEdit.ts";
import { eventSplitter } from "../../../shared/wire/serverSentEvents.ts";
import { dialects } from "../dialects.ts";
import type { ProviderTarget } from "../plan.ts";

/** What goes to the provider, and how its answer is understood. */
export interface Exchange {
  readonly method: string;
  /** Below the base URL. */
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
  readonly body?: Uint8Array;
  /** Whether the answer comes in events that wait for a first meaningful one, or as it may. */
  readonly isStream: boolean;
  decode(bytes: Uint8Array): Answer;
  decodeEvents(chunks: AsyncIterable<Uint8Array>): EventStream;
}

const JSON_CONTENT = { "content-type": "application/json" } as const;

/** An operation of the provider's dialect. */
export function translated(call: Call, request: InnerRequest, { provider, operation, account, model }: ProviderTarget): Exchange {
  const codec = dialects[provider.dialect].operations[operation];
  if (!codec) throw new GatewayError("not_supported", `the provider ${account.slug} has no ${operation} here`);
  const { bytes, withholdUsage } = codec.encode(request, { model, includeUsage: call.stream && provider.includeUsage !== false });
  return {
    method: "POST",
    path: codec.path,
    query: "",
    headers: JSON_CONTENT,
    body: bytes,
    isStream: call.stream,
    decode: codec.decode,
    decodeEvents: (chunks) => codec.decodeEvents(chunks, { withholdUsage }),
  };
}

/** Whatever the client sent, to the same path of the provider; usage is read where the answer states one. */
export function passedThrough({ method, path, query, payload }: Call, { model }: ProviderTarget): Exchange {
  return {
    method,
    path,
    query,
    headers: payload.kind === "binary" ? { "content-type": payload.contentType } : payload.kind === "json" ? JSON_CONTENT : {},
    ...bodyOf(payload, model),
    isStream: false,
    decode: (bytes) => answerOf(parseObject(bytes) ?? {}),
    decodeEvents: rawEvents,
  };
}

/** The model is put in place where `@slug/` stood in front of it. */
function bodyOf(payload: Call["payload"], model: string | undefined): { readonly body?: Uint8Array } {
  if (payload.kind === "none") return {};
  if (payload.kind === "binary" || model === undefined || payload.body.model === model) return { body: payload.bytes };
  return { body: editJson(payload.bytes, [{ path: ["model"], value: model }]) };
}

/** Events of a protocol that is not known here: nothing tells whether they are all, but the end of the body. */
async function* rawEvents(chunks: AsyncIterable<Uint8Array>): EventStream {
  const splitter = eventSplitter();
  const toEvent = (bytes: Uint8Array) => ({ bytes, delta: lazy(() => decodeDelta(bytes)) });
  for await (const chunk of chunks) {
    const events = splitter.push(chunk).map(toEvent);
    if (events.length > 0) yield events;
  }
  const rest = splitter.rest();
  if (rest) yield [toEvent(rest)];
}

/** Bytes that say nothing to the gateway, such as a file or a sound. */
export async function* opaque(chunks: AsyncIterable<Uint8Array>): EventStream {
  for await (const bytes of chunks) yield [{ bytes, delta: () => NO_DELTA }];
}
