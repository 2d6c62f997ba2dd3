import type { Clock, Ledger, LogSink, Upstream } from "../../shared/ports/ports.ts";
import type { AnswerCache } from "../../shared/state/answerCache.ts";
import type { Directory } from "../../shared/state/directory.ts";
import type { GuardrailShelf } from "../../shared/state/guardrailShelf.ts";
import type { KeyFinder } from "../../shared/state/keys.ts";
import type { PriceList } from "../../shared/state/prices.ts";
import type { ProviderSecrets } from "../../shared/state/providerSecrets.ts";

/** Everything that the stages work with. A main puts it together once, from the adapters of its choice. */
export interface Services {
  readonly clock: Clock;
  readonly upstream: Upstream;
  readonly ledger: Ledger;
  readonly log: LogSink;
  readonly keys: KeyFinder;
  readonly directory: Directory;
  readonly guardrails: GuardrailShelf;
  readonly secrets: ProviderSecrets;
  readonly cache: AnswerCache;
  readonly prices: PriceList;
  readonly settings: Settings;
  /** Tells the operator of something that no client sees, without anything secret in it. */
  readonly report: (problem: string, cause: unknown) => void;
}

export interface Settings {
  readonly version: string;
  readonly region: string;
  /** What is logged where a key does not say: `full` keeps what was said. */
  readonly log: "full" | "metadata";
  readonly maxRequestBytes: number;
  readonly timeouts: Timeouts;
}

/** In ms. */
export interface Timeouts {
  readonly connectMs: number;
  /** From the request to the first meaningful event of a stream. */
  readonly firstTokenMs: number;
  /** Between two pieces of a stream. */
  readonly idleMs: number;
  /** One attempt, to its last byte. */
  readonly requestMs: number;
}

export const DEFAULT_TIMEOUTS: Timeouts = { connectMs: 5_000, firstTokenMs: 120_000, idleMs: 60_000, requestMs: 600_000 };
