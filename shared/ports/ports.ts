import type { Headers } from "../contracts/call.ts";
import type { Json } from "../contracts/json.ts";

// Everything the gateway needs from outside, on one screen. Each port has one contract suite that every adapter passes.

export interface Key {
  readonly collection: string;
  readonly id: string;
}
export interface Stored {
  readonly id: string;
  readonly value: Json;
  /** Counts the writes of this item, from 1. */
  readonly version: number;
}
export interface Page {
  readonly items: readonly Stored[];
  /** Give it as `after` to go on; absent on the last page. */
  readonly next?: string;
}
export interface Store {
  /** Expired items are never seen, whenever they are deleted. */
  get(key: Key): Promise<Stored | undefined>;
  getMany(keys: readonly Key[]): Promise<readonly (Stored | undefined)[]>;
  /** false when `onlyIfAbsent` or `ifVersion` did not hold. */
  put(key: Key, value: Json, options?: PutOptions): Promise<boolean>;
  delete(key: Key): Promise<void>;
  /** In the order of their ids. */
  list(collection: string, page?: { readonly limit?: number; readonly after?: string; readonly prefix?: string }): Promise<Page>;
}
export interface PutOptions {
  readonly ttlSeconds?: number;
  readonly onlyIfAbsent?: true;
  readonly ifVersion?: number;
}

/** One counter in one window. `window` is part of its identity; `expiresAt` (ms) is when nobody asks for it any more. */
export interface Counter {
  readonly id: string;
  readonly window: string;
  readonly expiresAt: number;
}
/**
 * An amount to set aside before a call. `spend`: stays spent when nobody settles. `occupy`: given back when its slot ends.
 * `count`: final at once, nothing to settle unless it is released.
 */
export interface Hold {
  readonly counter: Counter;
  readonly kind: "spend" | "occupy" | "count";
  readonly amount: bigint;
  readonly limit: bigint;
}
export type Reservation =
  | { readonly ok: true; readonly reserved: Reserved }
  | { readonly ok: false; readonly refusedBy: number; readonly total: bigint };
export interface Reserved {
  readonly holds: readonly Hold[];
  /** The end (ms) of the five-minute slot in which the holds are kept. */
  readonly slot: number;
}
/** Amounts that may never exceed a limit, however many callers race. */
export interface Ledger {
  /** All or none. `until` (ms) is the latest moment at which the call can still settle. */
  reserve(holds: readonly Hold[], until: number): Promise<Reservation>;
  /** The actual amounts, in the order of the holds. Once per reservation. */
  settle(reserved: Reserved, actual: readonly bigint[]): Promise<void>;
  usage(counters: readonly Counter[]): Promise<readonly bigint[]>;
}

export interface Secrets {
  /** Rejects when there is no such secret. */
  read(name: string): Promise<string>;
  write(name: string, value: string): Promise<void>;
  remove(name: string): Promise<void>;
}

/** `calls` are records without bodies; `bodies` hold what was said. Both are placed by the time of the event (ms). */
export interface LogEntry {
  readonly at: number;
  readonly record: Json;
}
export interface LogBatch {
  readonly calls: readonly LogEntry[];
  readonly bodies: readonly LogEntry[];
}
export interface LogSink {
  /** Resolves when the batch will outlive the process. */
  write(batch: LogBatch): Promise<void>;
}

export interface UpstreamRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body?: Uint8Array;
}
export interface UpstreamResponse {
  readonly status: number;
  /** Lower-case names; the body is already decompressed and of unknown length. */
  readonly headers: Headers;
  /** Throws when the connection breaks or stalls; leaving the loop ends the connection. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Reads the rest at once, instead of `body`. */
  whole(): Promise<Uint8Array>;
  /** Lets go of a body that nobody reads. */
  cancel(): void;
}
/** The time limits of one attempt, in ms. */
export interface Clocks {
  readonly connectMs: number;
  /** Between any two pieces, and before the first; 0: as long as the signal allows. */
  readonly idleMs: number;
}
export interface Upstream {
  send(request: UpstreamRequest, clocks: Clocks, signal: AbortSignal): Promise<UpstreamResponse>;
}
/** Why an upstream call gave no (whole) answer. */
export class UpstreamFailure extends Error {
  readonly kind: "unreachable" | "timeout" | "cut" | "cancelled";
  constructor(kind: UpstreamFailure["kind"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "UpstreamFailure";
    this.kind = kind;
  }
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds that only go forward. */
  monotonic(): number;
}
