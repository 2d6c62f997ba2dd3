import { hash } from "node:crypto";
import type { Call } from "../../../shared/contracts/call.ts";
import type { JsonObject } from "../../../shared/contracts/json.ts";
import { lazy } from "../../../shared/contracts/lazy.ts";
import type { Reply } from "../../../shared/contracts/reply.ts";
import type { Trace } from "../../../shared/contracts/trace.ts";
import type { InnerRequest } from "../../../shared/dialects/dialect.ts";
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
  { cache, report }: Pick<Services, "cache" | "report">,
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
  trace.cache = { status: "hit", ageSeconds: Math.round(found.ageSeconds) };
  return asReply(call, target, found.bytes);
}

/** Everything that shapes the answer, and the scope in front of it. How it is delivered shapes nothing. */
function cacheKey(scope: string, { operation, account, model, overrides }: ProviderTarget, body: InnerRequest["body"]): string {
  const { stream: _stream, stream_options: _options, ...request }: JsonObject = { ...body, ...overrides, model };
  return hash("sha256", JSON.stringify([scope, operation, account.slug, request]), "base64url");
}

function asReply(call: Call, { operation, provider }: ProviderTarget, bytes: Uint8Array): Reply {
  if (call.stream) return streamOf(call, bytes, {});
  const codec = dialects[provider.dialect].operations[operation];
  return {
    kind: "whole",
    status: 200,
    headers: { "content-type": "application/json" },
    bytes,
    answer: lazy(() => codec?.decode(bytes) ?? { choices: [] }),
  };
}
