import { GatewayError } from "../contracts/error.ts";
import { type Reply, refused } from "../contracts/reply.ts";
import type { Branch } from "./strategy.ts";

/** Tries the branches in their strategy's order until a reply stands; the last reply stands in any case. */
export async function walk<Target>(branch: Branch<Target>, serve: (target: Target) => Promise<Reply>): Promise<Reply> {
  if (branch.kind === "target") return serve(branch.target);
  const { strategy, branches } = branch;
  const candidates = strategy.candidates(branches);
  let reply: Reply = refused(new GatewayError("invalid_config", `the strategy ${strategy.mode} has no target to try`));
  for (const [position, candidate] of candidates.entries()) {
    reply = await walk(candidate, serve);
    if (position === candidates.length - 1 || !strategy.moveOn(reply)) break;
    await abandon(reply);
  }
  return reply;
}

/** A stream that nobody will read keeps its connection, and costs money, until it is cancelled. */
async function abandon(reply: Reply): Promise<void> {
  if (reply.kind !== "stream") return;
  const events = reply.events[Symbol.asyncIterator]();
  await events.next(); // a generator that has not begun has nothing to clean up, and would leave its source open
  await events.return?.();
}
