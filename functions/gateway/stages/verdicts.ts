import { GatewayError } from "../../../shared/contracts/error.ts";
import type { RefusedReply, StreamReply, WholeReply } from "../../../shared/contracts/reply.ts";
import type { Trace } from "../../../shared/contracts/trace.ts";
import type { HookResult, Screening } from "../../../shared/guardrails/index.ts";

/** What the guardrails of the input said, where none denied. */
interface InputVerdict {
  readonly results: readonly HookResult[];
  readonly isFlagged: boolean;
}

/** What an asynchronous guardrail says is for the log; the client's answer stays as it is. */
export const shownResults = (results: readonly HookResult[]): readonly HookResult[] => results.filter(({ async }) => !async);

/** With the results beside the answer, and Portkey's 246 where a check failed that does not deny: the router weighs it too. */
export function withHooks<Answered extends WholeReply | StreamReply>(
  reply: Answered,
  input: InputVerdict,
  screening?: Screening,
): Answered {
  const output = shownResults(screening?.results ?? []);
  if (input.results.length + output.length === 0) return reply;
  const isFlagged = input.isFlagged || screening?.verdict === "failed";
  return { ...reply, status: isFlagged && reply.status === 200 ? 246 : reply.status, hooks: { input: input.results, output } };
}

/** Portkey's 446; nothing of what was denied may be in the log either. */
export function deniedReply(input: readonly HookResult[], output: readonly HookResult[], trace: Trace): RefusedReply {
  trace.delivered = { whole: () => Buffer.from("{}") };
  return { kind: "refused", error: denial(), hooks: { input, output } };
}

export const denial = (): GatewayError =>
  new GatewayError(
    "guardrail_denied",
    "The guardrail checks defined in the config failed. You can find more information in the `hook_results` object.",
  );
