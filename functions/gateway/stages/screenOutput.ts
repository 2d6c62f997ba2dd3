import type { Call } from "../../../shared/contracts/call.ts";
import { GatewayError } from "../../../shared/contracts/error.ts";
import type { JsonObject } from "../../../shared/contracts/json.ts";
import { lazy } from "../../../shared/contracts/lazy.ts";
import { type HookResults, isSuccess, type RefusedReply, type Reply, type WholeReply } from "../../../shared/contracts/reply.ts";
import type { Trace } from "../../../shared/contracts/trace.ts";
import { type HookResult, runGuardrails, type Screening, type VerdictMemo } from "../../../shared/guardrails/index.ts";
import { editJson } from "../../../shared/wire/jsonEdit.ts";
import { wholeAnswer } from "../collectedAnswer.ts";
import { clientDialects, dialects } from "../dialects.ts";
import type { ProviderTarget } from "../plan.ts";
import type { Services } from "../services.ts";
import type { ScreenedInput } from "./screenInput.ts";
import { screenStream } from "./screenStream.ts";

type PassedInput = Extract<ScreenedInput, { kind: "passed" }>;

/** Checks what a provider, or the cache, answered. Only a success has something to check. */
export async function screenOutput(
  call: Call,
  reply: Reply,
  target: ProviderTarget,
  input: PassedInput,
  memo: VerdictMemo,
  trace: Trace,
  services: Services,
): Promise<Reply> {
  const hooks = input.results.length > 0 ? { input: input.results, output: [], isFlagged: input.isFlagged } : undefined;
  const guardrails = target.outputGuardrails;
  if (reply.kind === "refused" || !isSuccess(reply)) return reply;
  if (guardrails.length === 0) return hooks ? { ...reply, hooks } : reply;
  const options = { guardrails, clock: services.clock, memo };
  if (reply.kind === "stream") return screenStream(call, reply, input, options, trace);
  return screenWhole(call, reply, target, input, options, trace);
}

interface ScreenOptions {
  readonly guardrails: ProviderTarget["outputGuardrails"];
  readonly clock: Services["clock"];
  readonly memo: VerdictMemo;
}

async function screenWhole(
  call: Call,
  reply: WholeReply,
  target: ProviderTarget,
  input: PassedInput,
  { guardrails, ...options }: ScreenOptions,
  trace: Trace,
): Promise<Reply> {
  const body = JSON.parse(Buffer.from(reply.bytes).toString("utf8")) as JsonObject;
  const slots = clientDialects[call.dialect].answerTexts(body);
  const subject = { on: "output" as const, segments: slots.map(({ segment }) => segment), newest: 0 };
  const screening = await runGuardrails(guardrails, subject, options);
  trace.guardrails.push(...screening.records);
  if (screening.verdict === "denied") return deniedReply(input.results, screening.results, trace);
  const edits = slots.flatMap(({ path, segment }, index) => {
    const text = screening.texts?.[index];
    return text === undefined || text === segment.text ? [] : [{ path, value: text }];
  });
  const hooks = hookResultsOf(input, screening);
  if (edits.length === 0) return { ...reply, hooks };
  const bytes = editJson(reply.bytes, edits);
  const answer = lazy(() => dialects[target.provider.dialect].operations[target.operation]?.decode(bytes) ?? { choices: [] });
  trace.delivered = wholeAnswer(bytes, { choices: [] });
  return { ...reply, bytes, answer, hooks };
}

export const hookResultsOf = (input: PassedInput, { results, verdict }: Screening): HookResults => ({
  input: input.results,
  output: results,
  isFlagged: input.isFlagged || verdict === "failed",
});

/** Portkey's 446; nothing of what was denied may be in the log either. */
export function deniedReply(input: readonly HookResult[], output: readonly HookResult[], trace: Trace): RefusedReply {
  trace.delivered = { whole: () => Buffer.from("{}") };
  return { kind: "refused", error: denial(), hooks: { input, output, isFlagged: false } };
}

export const denial = (): GatewayError =>
  new GatewayError(
    "guardrail_denied",
    "The guardrail checks defined in the config failed. You can find more information in the `hook_results` object.",
  );
