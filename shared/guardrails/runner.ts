import type { GuardrailRecord } from "../contracts/record.ts";
import type { Subject } from "./check.ts";
import { type CheckRun, type RunOptions, runCheck } from "./checkRun.ts";
import type { Guardrail } from "./guardrail.ts";
import { type GuardrailRun, guardrailRecord, type HookResult, hookResult, isUpheld } from "./hookResult.ts";
import { edited } from "./subject.ts";

/** What the guardrails of one side said of one text. */
export interface Screening {
  /** `failed`: a guardrail failed, but none that denies. Asynchronous guardrails have no say. */
  readonly verdict: "passed" | "failed" | "denied";
  /** One text for each segment, where a guardrail rewrote. */
  readonly texts?: readonly string[];
  /** In the order of the guardrails, for the client. */
  readonly results: readonly HookResult[];
  /** The same for the log, without any text. */
  readonly records: readonly GuardrailRecord[];
}

/** All at once, except that whatever follows a check which rewrites waits for the new texts. */
export async function runGuardrails(guardrails: readonly Guardrail[], subject: Subject, options: RunOptions): Promise<Screening> {
  const runs: (GuardrailRun | Promise<GuardrailRun>)[] = [];
  let current = subject;
  for (const guardrail of guardrails) {
    const run = runGuardrail(guardrail, current, options);
    runs.push(run);
    if (!guardrail.async && guardrail.checks.some(({ rewrites }) => rewrites)) current = (await run).subject;
  }
  const screening = screeningOf(await Promise.all(runs), subject.on);
  return current === subject ? screening : { ...screening, texts: current.segments.map(({ text }) => text) };
}

export function screeningOf(runs: readonly GuardrailRun[], side: Subject["on"]): Screening {
  const failed = runs.filter((run) => !run.guardrail.async && !isUpheld(run));
  const verdict = failed.length === 0 ? "passed" : failed.some(({ guardrail }) => guardrail.deny) ? "denied" : "failed";
  return { verdict, results: runs.map(hookResult), records: runs.map((run) => guardrailRecord(run, side)) };
}

async function runGuardrail(guardrail: Guardrail, subject: Subject, options: RunOptions): Promise<GuardrailRun> {
  const [startedAt, started] = [options.clock.now(), options.clock.monotonic()];
  const runs: (CheckRun | Promise<CheckRun>)[] = [];
  let current = subject;
  for (const check of guardrail.checks) {
    const run = runCheck(check, current, options);
    runs.push(run);
    if (guardrail.sequential || check.rewrites) current = edited(current, (await run).edits);
  }
  const checks = await Promise.all(runs);
  return { guardrail, checks, subject: current, startedAt, ms: options.clock.monotonic() - started };
}
