import type { Answer, Delta } from "./answer.ts";
import type { Headers } from "./call.ts";
import type { GatewayError } from "./error.ts";
import type { JsonObject } from "./json.ts";
import type { Lazy } from "./lazy.ts";

/** What an attempt, the cache or a refusal gives; the router weighs every kind. */
export type Reply = WholeReply | StreamReply | RefusedReply;

/** What the guardrails of a call said, in the shapes of Portkey's `hook_results`. */
export interface HookResults {
  readonly input: readonly JsonObject[];
  readonly output: readonly JsonObject[];
}

export interface WholeReply {
  readonly kind: "whole";
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  readonly answer: Lazy<Answer>;
  readonly hooks?: HookResults;
}

export interface StreamReply {
  readonly kind: "stream";
  readonly status: number;
  readonly headers: Headers;
  readonly events: EventStream;
  /** `raw`: bytes without a frame of their own, in which nothing can be said when they break off. */
  readonly framing: "events" | "raw";
  readonly hooks?: HookResults;
}

export interface RefusedReply {
  readonly kind: "refused";
  readonly error: GatewayError;
  readonly hooks?: HookResults;
}

/**
 * Whole events in the groups in which they arrived. It ends when the provider's stream ended well, and throws a
 * `GatewayError` when it did not. Leaving it early cancels the source.
 */
export type EventStream = AsyncIterable<readonly WireEvent[]>;

/** One whole event of the provider's wire, as received, and what it says when somebody asks. */
export interface WireEvent {
  readonly bytes: Uint8Array;
  readonly delta: Lazy<Delta>;
  /** Asked for by the gateway for its own accounting: counted, never sent to the client. */
  readonly withheld?: true;
}

/** How a call ended. */
export type End = "complete" | "cut" | "cancelled" | "timeout" | "refused" | "failed";

export const refused = (error: GatewayError): RefusedReply => ({ kind: "refused", error });
export const statusOf = (reply: Reply): number => (reply.kind === "refused" ? reply.error.status : reply.status);
export const isSuccess = (reply: Reply): boolean => statusOf(reply) >= 200 && statusOf(reply) < 300;
