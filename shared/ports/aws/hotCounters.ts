import type { Counter } from "../ports.ts";

export interface HotCounters {
  /** On how many shards a counter is spread; 1: its root does everything. */
  count(counter: Counter): number;
  /** Doubles the shards of a counter that was throttled while it had `count`; the others who met the same throttling change nothing. */
  raise(counter: Counter, count: number): void;
  learn(counter: Counter, count: number): void;
}

const MAX_SHARDS = 16;
const MAX_REMEMBERED = 1000;

/** Remembered by counter and not by window: what is hot in one minute is hot in the next. */
export function hotCounters(first: number): HotCounters {
  const counts = new Map<string, number>();
  const count = ({ id }: Counter): number => counts.get(id) ?? first;
  const learn = (counter: Counter, shards: number): void => {
    if (shards <= count(counter)) return;
    const oldest = counts.keys().next().value;
    if (counts.size >= MAX_REMEMBERED && oldest !== undefined) counts.delete(oldest);
    counts.set(counter.id, shards);
  };
  return {
    count,
    learn,
    raise: (counter, seen) => {
      if (count(counter) === seen) learn(counter, Math.min(MAX_SHARDS, seen * 2));
    },
  };
}
