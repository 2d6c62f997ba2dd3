import type { Check, Side } from "./check.ts";
import { contains } from "./checks/contains.ts";
import { regexMatch } from "./checks/regexMatch.ts";
import { regexReplace } from "./checks/regexReplace.ts";
import { guardrailsSchema } from "./guardrail.ts";

export { type VerdictMemo, verdictMemo } from "./checkRun.ts";
export type { Guardrail } from "./guardrail.ts";
export { deniedBody, type HookResult } from "./hookResult.ts";
export { runGuardrails, type Screening } from "./runner.ts";
export { type ReleasedEvent, screenWindows } from "./windows.ts";

/** A new check is a file in `checks/` and a line here. */
const checks: readonly Check[] = [contains, regexMatch, regexReplace];

/** The schema of the guardrails of one side. */
export const guardrailsFor = (side: Side) => guardrailsSchema(side, checks);
