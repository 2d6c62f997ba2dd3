import type { Call } from "../../shared/contracts/call.ts";
import type { Reply } from "../../shared/contracts/reply.ts";
import type { Trace } from "../../shared/contracts/trace.ts";
import { walk } from "../../shared/routing/walk.ts";
import type { Services } from "./services.ts";
import { authenticate } from "./stages/authenticate.ts";
import { resolvePlan } from "./stages/resolvePlan.ts";
import { targetServer } from "./stages/serveTarget.ts";

/** The whole gateway, one line a stage. What it refuses is thrown; what a provider refuses is a reply. */
export async function answer(call: Call, trace: Trace, services: Services): Promise<Reply> {
  trace.actor = await authenticate(call, services);
  const plan = await resolvePlan(call, trace.actor, services);
  trace.plan = plan;
  return walk(plan.root, targetServer(plan, trace, services));
}
