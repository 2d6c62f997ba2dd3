import { setTimeout } from "node:timers/promises";

/** Waits for about so long: a random half of it or more, so that those who failed together do not come back together. */
export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  setTimeout(ms * (0.5 + Math.random() / 2), undefined, signal ? { signal } : {});
