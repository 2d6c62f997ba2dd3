import { hash } from "node:crypto";
import type { Answer } from "../../../shared/contracts/answer.ts";
import type { Call } from "../../../shared/contracts/call.ts";
import type { JsonObject } from "../../../shared/contracts/json.ts";
import type { Reply } from "../../../shared/contracts/reply.ts";
import type { Trace } from "../../../shared/contracts/trace.ts";
import type { InnerRequest } from "../../../shared/dialects/dialect.ts";
import { wholeAnswer } from "../collectedAnswer.ts";
import { dialects } from "../dialects.ts";
import type { ProviderTarget } from "../plan.ts";
import type { Services } from "../services.ts";
import { streamOf } from "./replay.ts";

/** The stored answer to the same request of the same tenant to the same target; undefined where there is none. */
export async function lookUp(
  call: Call,
  { body }: InnerRequest,
  target: ProviderTarget,
  trace: Trace,
  { cache, clock, report }: Pick<Services, "cache" | "clock" | "report">,
): Promise<Reply | undefined> {
  const policy = target.cache;
  if (policy.mode === "off") {
    trace.cache = { status: "disabled" };
    return undefined;
  }
  const key = cacheKey(policy.scope, target, body);
  const found = policy.refresh ? undefined : await cache.get(key).catch((cause) => report("the cache could not be read", cause));
  if (!found) {
    trace.cache = { status: policy.refresh ? "refresh" : "miss", store: { key, maxAgeSeconds: policy.maxAgeSeconds } };
    return undefined;
  }
  const answer = decoded(target, found.bytes);
  trace.cache = { status: "hit", ageSeconds: Math.round(found.ageSeconds) };
  trace.served = {
    path: target.path,
    account: target.account.slug,
    provider: target.provider.id,
    model: target.model,
    status: 200,
    startedAt: clock.monotonic(),
  };
  trace.answer = wholeAnswer(found.bytes, answer);
  delete trace.delivered;
  if (call.stream) return streamOf(call, found.bytes, {});
  return { kind: "whole", status: 200, headers: { "content-type": "application/json" }, bytes: found.bytes, answer: () => answer };
}

/** Everything that shapes the answer, and the scope in front of it. How it is delivered shapes nothing. */
function cacheKey(scope: string, { operation, account, model }: ProviderTarget, body: InnerRequest["body"]): string {
  const { stream: _stream, stream_options: _options, ...request }: JsonObject = { ...body, model };
  return hash("sha256", JSON.stringify([scope, operation, account.slug, request]), "base64url");
}

const decoded = ({ operation, provider }: ProviderTarget, bytes: Uint8Array): Answer =>
  dialects[provider.dialect].operations[operation]?.decode(bytes) ?? { choices: [] };
