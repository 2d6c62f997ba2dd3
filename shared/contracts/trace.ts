import type { Answer } from "./answer.ts";
import type { Call, Headers } from "./call.ts";
import type { GatewayError } from "./error.ts";
import type { VirtualKey } from "./key.ts";
import type { Lazy } from "./lazy.ts";
import type { GuardrailRecord } from "./record.ts";
import type { End } from "./reply.ts";

/** Who calls. */
export interface Actor {
  readonly key: VirtualKey;
  /** `stale`: the store did not answer and the last known key was used. */
  readonly auth: "fresh" | "stale";
}

/** One upstream request. */
export interface Attempt {
  readonly path: string;
  readonly account: string;
  readonly provider: string;
  readonly model: string | undefined;
  readonly startedAt: number;
  status?: number;
  errorCode?: string;
  firstTokenAt?: number;
  endedAt?: number;
  /** What it brought, as far as it came; it costs, whether the client got it or not. */
  answer?: TracedAnswer;
}

/**
 * What happened in a call, written by its stages along the way and read by nobody but `settle`.
 * Moments are of the monotonic clock, in ms.
 */
export interface Trace {
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly requestHeaders: Headers;
  readonly receivedAt: number;
  readonly startedAt: number;
  call?: Call;
  actor?: Actor;
  plan?: TracedPlan;
  readonly attempts: Attempt[];
  /** The attempt that served. */
  served?: Attempt;
  readonly guardrails: GuardrailRecord[];
  cache: TracedCache;
  /** Puts the holds of this call right: with the actual amounts, or all given back. */
  readonly releases: ((outcome: Outcome) => Promise<void>)[];
  status: number;
  end: End;
  error?: GatewayError;
  firstTokenAt?: number;
  deliveredAt?: number;
  responseBytes: number;
  /** What the attempt that served, or the cache, answered. */
  answer?: TracedAnswer;
  /** The request as guardrails left it; undefined where they changed nothing. */
  screened?: Uint8Array;
  /** What the client was given of the answer, where guardrails may have changed it. */
  delivered?: Pick<TracedAnswer, "whole">;
}

export interface TracedPlan {
  readonly traceId: string;
  readonly team: string | undefined;
  readonly costCenter: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly config: { readonly slug: string; readonly version: number } | undefined;
  /** `full`: what was said is logged too. */
  readonly log: "full" | "metadata";
}

export type TracedCache =
  | { readonly status: "disabled" }
  | { readonly status: "miss" | "refresh"; readonly store: { readonly key: string; readonly maxAgeSeconds: number } }
  | { readonly status: "hit"; readonly ageSeconds: number };

/** What was answered, as far as it came. */
export interface TracedAnswer {
  readonly answer: Lazy<Answer>;
  /** The JSON text of the whole answer, put together where it was streamed. */
  whole(): Uint8Array;
}

/** What came of a call, for whoever holds something on its account. */
export interface Outcome {
  readonly isServedFromCache: boolean;
  readonly wasSent: boolean;
}
