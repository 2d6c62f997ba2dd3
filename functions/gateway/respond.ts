import { type Call, gatewayHeader, type Headers } from "../../shared/contracts/call.ts";
import type { GatewayError } from "../../shared/contracts/error.ts";
import type { Json, JsonObject } from "../../shared/contracts/json.ts";
import type { EventStream, HookResults, Reply } from "../../shared/contracts/reply.ts";
import type { Trace } from "../../shared/contracts/trace.ts";
import { editJson } from "../../shared/wire/jsonEdit.ts";
import { clientDialects } from "./dialects.ts";
import { returnedHeaders } from "./headers.ts";

/** What goes to the client: a reply in its own dialect. */
export type Response =
  | { readonly kind: "whole"; readonly status: number; readonly headers: Headers; readonly bytes: Uint8Array }
  | {
      readonly kind: "stream";
      readonly status: number;
      readonly headers: Headers;
      /** Comes before the first event. */
      readonly opening: Uint8Array | undefined;
      readonly events: EventStream;
      /** How the stream says that it broke off; undefined where it has no words for it. */
      readonly breaking: ((error: GatewayError) => Uint8Array) | undefined;
    };

/** The identity where nothing has to be said beside the answer. */
export function encode(reply: Reply, call: Call | undefined, trace: Trace): Response {
  const dialect = clientDialects[call?.dialect ?? "openai"];
  const own = ownHeaders(trace);
  if (reply.kind === "refused") {
    const bytes = withHooks(dialect.error(reply.error, trace.requestId), reply.hooks);
    return {
      kind: "whole",
      status: reply.error.status,
      headers: { "content-type": "application/json", ...reply.error.headers, ...own },
      bytes,
    };
  }
  const { status } = reply;
  const headers = { ...returnedHeaders(reply.headers), ...own };
  if (reply.kind === "whole") return { kind: "whole", status, headers, bytes: withHooks(reply.bytes, reply.hooks) };
  const opening =
    reply.hooks && call && isLenient(call) && reply.hooks.input.length > 0
      ? dialect.extraEvent({ hook_results: hookResults(reply.hooks) })
      : undefined;
  const breaking = reply.framing === "events" ? (error: GatewayError) => dialect.errorEvent(error, trace.requestId) : undefined;
  return { kind: "stream", status, headers, opening, events: reply.events, breaking };
}

/** Portkey adds them to every whole body when a check ran, whatever the compliance header says. */
function withHooks(bytes: Uint8Array, hooks: HookResults | undefined): Uint8Array {
  return hooks ? editJson(bytes, [{ path: ["hook_results"], value: hookResults(hooks) }]) : bytes;
}

const hookResults = ({ input, output }: HookResults): JsonObject => ({
  before_request_hooks: input as readonly Json[],
  after_request_hooks: output as readonly Json[],
});

export const isLenient = ({ headers }: Call): boolean => gatewayHeader(headers, "strict-open-ai-compliance") === "false";

/** Under both prefixes, so that Portkey's clients find what they look for. */
function ownHeaders({ requestId, plan, served, attempts, cache }: Trace): Record<string, string> {
  const traceId = plan?.traceId ?? requestId;
  const headers = { "x-gatehouse-request-id": requestId, "x-gatehouse-trace-id": traceId, "x-portkey-trace-id": traceId };
  const used = served ?? attempts.at(-1);
  if (!used) return headers;
  const cacheStatus = cache.status.toUpperCase();
  return {
    ...headers,
    "x-gatehouse-cache-status": cacheStatus,
    "x-portkey-cache-status": cacheStatus,
    "x-gatehouse-provider": used.provider,
    "x-portkey-provider": used.provider,
    "x-gatehouse-last-used-option-index": used.path,
    "x-portkey-last-used-option-index": used.path,
    "x-gatehouse-retry-attempt-count": "0",
    "x-portkey-retry-attempt-count": "0",
  };
}
