import type { Reply } from "../../../shared/contracts/reply.ts";
import type { Trace } from "../../../shared/contracts/trace.ts";
import type { InnerRequest } from "../../../shared/dialects/dialect.ts";
import { verdictMemo } from "../../../shared/guardrails/index.ts";
import { editJson } from "../../../shared/wire/jsonEdit.ts";
import type { Plan, ProviderTarget, Target } from "../plan.ts";
import type { Services } from "../services.ts";
import { attempt } from "./attempt.ts";
import { listModels } from "./listModels.ts";
import { lookUp } from "./lookUp.ts";
import { refusedReply, reservations } from "./reserve.ts";
import { screenInput } from "./screenInput.ts";
import { screenOutput } from "./screenOutput.ts";
import { deniedReply } from "./verdicts.ts";

/** What is done for each target that the walk comes to; the targets of one call share its holds and its verdicts. */
export function targetServer(plan: Plan, trace: Trace, services: Services): (target: Target) => Promise<Reply> {
  const reserved = reservations(plan, trace, services);
  const memo = verdictMemo();

  return async (target) => {
    if (target.kind === "provider") return serveTarget(target);
    const held = await reserved.reserve(target);
    return held.ok ? listModels(target, plan.actor.key) : refusedReply(held);
  };

  async function serveTarget(target: ProviderTarget): Promise<Reply> {
    const { call } = plan;
    const { payload } = call;
    if (payload.kind !== "json" || call.operation === "passthrough") {
      const held = await reserved.reserve(target);
      return held.ok ? attempt(call, undefined, target, trace, services) : refusedReply(held);
    }
    const input = await screenInput(call, planned(payload, target), target, memo, trace, services);
    if (input.kind === "denied") return deniedReply(input.results, [], trace);
    const [hit, held] = await Promise.all([lookUp(call, input.request, target, trace, services), reserved.reserve(target)]);
    const reply = hit ?? (held.ok ? await attempt(call, input.request, target, trace, services) : refusedReply(held));
    return screenOutput(call, reply, target, input, memo, trace, services);
  }
}

/** The request as the plan wants it: what an operator sets is screened, looked up and sent like what the client said. */
function planned({ body, bytes }: InnerRequest, { overrides }: ProviderTarget): InnerRequest {
  const edits = Object.entries(overrides).flatMap(([name, value]) => (value === undefined ? [] : [{ path: [name], value }]));
  return edits.length === 0 ? { body, bytes } : { body: { ...body, ...overrides }, bytes: editJson(bytes, edits) };
}
