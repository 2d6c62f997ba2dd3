import { createHash } from "node:crypto";
import type { Json } from "../contracts/json.ts";
import type { Clock } from "../ports/ports.ts";
import type { Subject, TextEdit, Verdict } from "./check.ts";
import type { BoundCheck } from "./guardrail.ts";
import { characters, inScope } from "./subject.ts";

/** What checks said in one call, so that the same check with the same parameters reads the same texts once. One for each call. */
export type VerdictMemo = Map<string, Verdict | Promise<Verdict>>;
export const verdictMemo = (): VerdictMemo => new Map();

export interface RunOptions {
  readonly clock: Clock;
  readonly memo: VerdictMemo;
  /** For one check. */
  readonly timeoutMs?: number;
}

/** How a check ran. */
export interface CheckRun {
  readonly check: BoundCheck;
  /** `errored` is never `passed`: nobody judged the text. */
  readonly outcome: "passed" | "failed" | "rewritten" | "errored";
  readonly error: string | undefined;
  readonly edits: readonly TextEdit[];
  readonly data: Json;
  readonly scanned: { readonly segments: number; readonly characters: number };
  readonly startedAt: number;
  readonly ms: number;
}

const TIMEOUT_MS = 5000;
const OUTCOMES = { pass: "passed", fail: "failed", rewrite: "rewritten", error: "errored" } as const;

export async function runCheck(check: BoundCheck, subject: Subject, options: RunOptions): Promise<CheckRun> {
  const { clock, timeoutMs = TIMEOUT_MS } = options;
  const [startedAt, started] = [clock.now(), clock.monotonic()];
  const seen = inScope(subject, check.scope);
  const verdict = await judge(check, seen, { ...options, timeoutMs });
  const isJudged = verdict.outcome !== "error";
  return {
    check,
    outcome: OUTCOMES[verdict.outcome],
    error: isJudged ? undefined : verdict.message,
    edits: "edits" in verdict ? (verdict.edits ?? []) : [],
    data: isJudged ? (verdict.data ?? null) : null,
    scanned: isJudged ? { segments: seen.segments.length, characters: characters(seen) } : { segments: 0, characters: 0 },
    startedAt,
    ms: clock.monotonic() - started,
  };
}

/** An errored check lets through, unless it was told otherwise. */
export const isViolated = ({ outcome, check }: CheckRun): boolean => outcome === "failed" || (outcome === "errored" && check.failOnError);

async function judge(check: BoundCheck, seen: Subject, { clock, memo, timeoutMs }: Required<RunOptions>): Promise<Verdict> {
  const key = createHash("sha256").update(check.fingerprint).update(JSON.stringify(seen)).digest("base64");
  const deadline = clock.monotonic() + timeoutMs;
  try {
    const verdict = memo.get(key) ?? check.run(seen, () => clock.monotonic() > deadline);
    memo.set(key, verdict);
    return await (verdict instanceof Promise ? inTime(verdict, timeoutMs) : verdict);
  } catch {
    // What was thrown may repeat the text, so it is not passed on.
    return { outcome: "error", message: "Error executing check" };
  }
}

async function inTime(verdict: Promise<Verdict>, timeoutMs: number): Promise<Verdict> {
  const { promise, resolve } = Promise.withResolvers<Verdict>();
  const timer = setTimeout(() => resolve({ outcome: "error", message: `the check took longer than ${timeoutMs} ms` }), timeoutMs);
  return Promise.race([verdict, promise]).finally(() => clearTimeout(timer));
}
