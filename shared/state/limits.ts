import type { Limit } from "../contracts/limit.ts";
import type { Hold } from "../ports/ports.ts";
import { type Window, windowAt } from "./windows.ts";

/** Whose limit it is. A provider's refusal is weighed by the router, every other one ends the call. */
export type LimitScope = "key" | "team" | "provider";

/** One limit of one owner, ready to be held against. */
export interface BoundLimit {
  readonly scope: LimitScope;
  readonly owner: string;
  readonly limit: Limit;
  readonly window: Window;
  readonly hold: Hold;
}

/** Counters outlive their window by a little, for calls that settle late. */
const GRACE_MS = 3_600_000;

export function bindLimits(scope: LimitScope, owner: string, limits: readonly Limit[], now: number): readonly BoundLimit[] {
  return limits.map((limit) => {
    const window = windowAt(limit.window, now);
    const counter = { id: `${scope}#${owner}#${limit.type}`, window: window.id, expiresAt: window.endsAt + GRACE_MS };
    return { scope, owner, limit, window, hold: { counter, kind: "count", amount: 1n, limit: BigInt(limit.value) } };
  });
}
