import type { Call } from "../../../shared/contracts/call.ts";
import type { Trace } from "../../../shared/contracts/trace.ts";
import type { InnerRequest } from "../../../shared/dialects/dialect.ts";
import { type HookResult, runGuardrails, type VerdictMemo } from "../../../shared/guardrails/index.ts";
import { editJson } from "../../../shared/wire/jsonEdit.ts";
import { clientDialects } from "../dialects.ts";
import type { ProviderTarget } from "../plan.ts";
import type { Services } from "../services.ts";
import { shownResults } from "./verdicts.ts";

/** A request as it goes on: with the texts that guardrails rewrote, and what they said. */
export type ScreenedInput =
  | { readonly kind: "passed"; readonly request: InnerRequest; readonly results: readonly HookResult[]; readonly isFlagged: boolean }
  | { readonly kind: "denied"; readonly results: readonly HookResult[] };

/** Checks what the client says, on every route alike, before anything is looked up, reserved or sent. */
export async function screenInput(
  call: Call,
  request: InnerRequest,
  { inputGuardrails }: ProviderTarget,
  memo: VerdictMemo,
  trace: Trace,
  { clock }: Pick<Services, "clock">,
): Promise<ScreenedInput> {
  if (inputGuardrails.length === 0) return { kind: "passed", request, results: [], isFlagged: false };
  const { slots, newest } = clientDialects[call.dialect].requestTexts(call.operation, request.body);
  const subject = { on: "input" as const, segments: slots.map(({ segment }) => segment), newest };
  const screening = await runGuardrails(inputGuardrails, subject, { clock, memo });
  trace.guardrails.push(...screening.records);
  const results = shownResults(screening.results);
  if (screening.verdict === "denied") {
    trace.screened = Buffer.from("{}"); // what may not be sent may not be kept either
    return { kind: "denied", results };
  }
  const edits = slots.flatMap(({ path, segment }, index) => {
    const text = screening.texts?.[index];
    return text === undefined || text === segment.text ? [] : [{ path, value: text }];
  });
  if (edits.length === 0) return { kind: "passed", request, results, isFlagged: screening.verdict === "failed" };
  const bytes = editJson(request.bytes, edits);
  trace.screened = bytes;
  const body = JSON.parse(Buffer.from(bytes).toString("utf8")) as InnerRequest["body"];
  return { kind: "passed", request: { body, bytes }, results, isFlagged: screening.verdict === "failed" };
}
