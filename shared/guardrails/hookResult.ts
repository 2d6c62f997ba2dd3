import type { Json, JsonObject } from "../contracts/json.ts";
import type { GuardrailRecord } from "../contracts/record.ts";
import type { Side, Subject } from "./check.ts";
import { type CheckRun, isViolated } from "./checkRun.ts";
import type { Guardrail } from "./guardrail.ts";

/** How a guardrail ran; `subject` is what its checks left of the text. */
export interface GuardrailRun {
  readonly guardrail: Guardrail;
  readonly checks: readonly CheckRun[];
  readonly subject: Subject;
  readonly startedAt: number;
  readonly ms: number;
}

// The shapes of Portkey's `hook_results`, to the letter.

export interface HookResult extends JsonObject {
  readonly verdict: boolean;
  readonly id: string;
  readonly transformed: boolean;
  readonly checks: readonly CheckResult[];
  readonly feedback: FeedbackResult | null;
  readonly execution_time: number;
  readonly async: boolean;
  readonly type: string;
  readonly created_at: string;
  readonly deny: boolean;
}
export interface CheckResult extends JsonObject {
  readonly data: Json;
  readonly verdict: boolean;
  readonly id: string;
  readonly execution_time: number;
  readonly transformed: boolean;
  readonly created_at: string;
  readonly log: null;
  readonly fail_on_error: boolean;
  readonly error?: { readonly name: string; readonly message: string };
}
export interface FeedbackResult extends JsonObject {
  readonly value: number;
  readonly weight: number;
  readonly metadata: JsonObject;
}

export const isUpheld = ({ checks }: GuardrailRun): boolean => !checks.some(isViolated);

export function hookResult(run: GuardrailRun): HookResult {
  const { guardrail, startedAt, ms } = run;
  const checks = run.checks.map((check) => checkResult(check, guardrail));
  return {
    verdict: isUpheld(run),
    id: guardrail.id,
    transformed: checks.some(({ transformed }) => transformed),
    checks,
    feedback: feedbackOf(run),
    execution_time: Math.round(ms),
    async: guardrail.async,
    type: guardrail.type,
    created_at: new Date(startedAt).toISOString(),
    deny: guardrail.deny,
  };
}

/** The line of the log: without `data`, which may quote what was said. */
export function guardrailRecord(run: GuardrailRun, on: Side): GuardrailRecord {
  const { guardrail, checks, ms } = run;
  const widest = (amount: (check: CheckRun) => number) => Math.max(0, ...checks.map(amount));
  return {
    id: guardrail.id,
    on,
    outcome: outcomeOf(run),
    deny: guardrail.deny,
    async: guardrail.async,
    checks: checks.map(({ check, outcome }) => ({ id: check.id, outcome })),
    scanned_segments: widest(({ scanned }) => scanned.segments),
    scanned_characters: widest(({ scanned }) => scanned.characters),
    ms,
  };
}

/** The body of a 446. */
export const deniedBody = (inputResults: readonly HookResult[], outputResults: readonly HookResult[]) => ({
  error: {
    message: "The guardrail checks defined in the config failed. You can find more information in the `hook_results` object.",
    type: "hooks_failed",
    param: null,
    code: null,
  },
  hook_results: { before_request_hooks: inputResults, after_request_hooks: outputResults },
});

const checkResult = ({ check, outcome, error, edits, data, startedAt, ms }: CheckRun, { async }: Guardrail): CheckResult => ({
  data,
  verdict: outcome === "passed" || outcome === "rewritten",
  id: check.id,
  execution_time: Math.round(ms),
  transformed: !async && edits.length > 0,
  created_at: new Date(startedAt).toISOString(),
  log: null,
  fail_on_error: check.failOnError,
  ...(error === undefined ? {} : { error: { name: "Check error", message: error } }),
});

function feedbackOf(run: GuardrailRun): FeedbackResult | null {
  const { onFail, onSuccess } = run.guardrail;
  const feedback = isUpheld(run) ? onSuccess : onFail;
  if (!feedback) return null;
  const ids = (...outcomes: CheckRun["outcome"][]) =>
    run.checks
      .filter(({ outcome }) => outcomes.includes(outcome))
      .map(({ check }) => check.id)
      .join(", ");
  const counted = { successfulChecks: ids("passed", "rewritten"), failedChecks: ids("failed"), erroredChecks: ids("errored") };
  return { value: feedback.value, weight: feedback.weight, metadata: { ...feedback.metadata, ...counted } };
}

function outcomeOf(run: GuardrailRun): GuardrailRecord["outcome"] {
  if (!isUpheld(run)) return "failed";
  if (run.checks.some(({ outcome }) => outcome === "errored")) return "errored";
  return run.checks.some(({ edits }) => edits.length > 0) && !run.guardrail.async ? "rewritten" : "passed";
}
