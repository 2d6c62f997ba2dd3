import type { Call } from "../../../shared/contracts/call.ts";
import type { JsonObject } from "../../../shared/contracts/json.ts";
import { lazy } from "../../../shared/contracts/lazy.ts";
import { isSuccess, type Reply, type WholeReply } from "../../../shared/contracts/reply.ts";
import type { Trace } from "../../../shared/contracts/trace.ts";
import { runGuardrails, type VerdictMemo } from "../../../shared/guardrails/index.ts";
import { editJson } from "../../../shared/wire/jsonEdit.ts";
import { wholeAnswer } from "../collectedAnswer.ts";
import { clientDialects, dialects } from "../dialects.ts";
import type { ProviderTarget } from "../plan.ts";
import type { Services } from "../services.ts";
import type { ScreenedInput } from "./screenInput.ts";
import { screenStream } from "./screenStream.ts";
import { deniedReply, shownResults, withHooks } from "./verdicts.ts";

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
  const guardrails = target.outputGuardrails;
  if (reply.kind === "refused" || !isSuccess(reply)) return reply;
  if (guardrails.length === 0) return withHooks(reply, input);
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
  if (screening.verdict === "denied") return deniedReply(input.results, shownResults(screening.results), trace);
  const edits = slots.flatMap(({ path, segment }, index) => {
    const text = screening.texts?.[index];
    return text === undefined || text === segment.text ? [] : [{ path, value: text }];
  });
  if (edits.length === 0) return withHooks(reply, input, screening);
  const bytes = editJson(reply.bytes, edits);
  const answer = lazy(() => dialects[target.provider.dialect].operations[target.operation]?.decode(bytes) ?? { choices: [] });
  trace.delivered = wholeAnswer(bytes, { choices: [] });
  return withHooks({ ...reply, bytes, answer }, input, screening);
}
