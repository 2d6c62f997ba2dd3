import type { Clock } from "../../shared/ports/ports.ts";

export interface ManualClock extends Clock {
  set(now: number): void;
  advance(ms: number): void;
}

/** Time stands still until the test moves it. */
export function manualClock(start = Date.UTC(2025, 0, 31, 12)): ManualClock {
  let now = start;
  return {
    now: () => now,
    monotonic: () => now - start,
    set: (time) => {
      now = time;
    },
    advance: (ms) => {
      now += ms;
    },
  };
}
