import type { Limit } from "../contracts/limit.ts";

export interface Window {
  /** Tells it apart from every other window of the same limit. */
  readonly id: string;
  readonly endsAt: number;
}

const FIXED_MS = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;
const WEEK_MS = 7 * FIXED_MS.day;
/** 1970-01-05 was the first Monday. */
const FIRST_MONDAY_MS = 4 * FIXED_MS.day;

/** The window in which a moment lies, in UTC; weeks begin on Monday. */
export function windowAt(kind: Limit["window"], now: number): Window {
  const start = startOf(kind, now);
  return { id: `${kind}@${start}`, endsAt: kind === "month" ? nextMonth(start) : start + (kind === "week" ? WEEK_MS : FIXED_MS[kind]) };
}

function startOf(kind: Limit["window"], now: number): number {
  if (kind === "month") return Date.UTC(new Date(now).getUTCFullYear(), new Date(now).getUTCMonth());
  if (kind === "week") return Math.floor((now - FIRST_MONDAY_MS) / WEEK_MS) * WEEK_MS + FIRST_MONDAY_MS;
  return Math.floor(now / FIXED_MS[kind]) * FIXED_MS[kind];
}

const nextMonth = (start: number): number => Date.UTC(new Date(start).getUTCFullYear(), new Date(start).getUTCMonth() + 1);
