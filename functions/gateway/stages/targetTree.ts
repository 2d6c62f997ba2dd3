import type { Config } from "../../../shared/config/config.ts";
import type { Account } from "../../../shared/contracts/account.ts";
import { type Call, gatewayHeader } from "../../../shared/contracts/call.ts";
import { GatewayError } from "../../../shared/contracts/error.ts";
import type { JsonObject } from "../../../shared/contracts/json.ts";
import type { Actor } from "../../../shared/contracts/trace.ts";
import type { Guardrail } from "../../../shared/guardrails/index.ts";
import { findProvider } from "../../../shared/providers/table.ts";
import { bindStrategy } from "../../../shared/routing/index.ts";
import type { Branch } from "../../../shared/routing/strategy.ts";
import { isAllowed } from "../../../shared/state/globs.ts";
import type { SavedGuardrails } from "../../../shared/state/guardrailShelf.ts";
import type { CachePolicy, ProviderTarget, Target } from "../plan.ts";
import type { Settings } from "../services.ts";
import { chooseAccount } from "./chooseAccount.ts";

export interface TreeParts {
  readonly accounts: ReadonlyMap<string, Account>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly settings: Settings;
  readonly guardrails: SavedGuardrails;
}

/** A config with what it inherited: a node's own word counts before that of the nodes above it. */
export function targetTree(call: Call, actor: Actor, config: Config, parts: TreeParts): Branch<Target> {
  return branch(config, "config");

  function branch(node: Config, path: string): Branch<Target> {
    if (!node.targets) return { kind: "target", target: targetOf(call, actor, node, path, parts) };
    const branches = node.targets.map((child, index) => branch(inherited(node, child), `${path}.targets[${index}]`));
    return { kind: "group", strategy: bindStrategy(node.strategy ?? { mode: "single" }), branches };
  }
}

function inherited({ targets: _targets, strategy: _strategy, name: _name, ...parent }: Config, child: Config): Config {
  const overrides =
    parent.override_params || child.override_params ? { override_params: { ...parent.override_params, ...child.override_params } } : {};
  const own =
    child.provider !== undefined || child.virtual_key !== undefined ? { ...parent, provider: undefined, virtual_key: undefined } : parent;
  return { ...own, ...child, ...overrides } as Config;
}

function targetOf(call: Call, actor: Actor, node: Config, path: string, parts: TreeParts): ProviderTarget {
  const { model: overriddenModel, ...overrides } = node.override_params ?? {};
  const asked = overriddenModel ?? (call.payload.kind === "json" ? call.payload.body.model : undefined);
  if (asked !== undefined && typeof asked !== "string")
    throw new GatewayError("invalid_request", "model must be a string", { param: "model" });
  if (!asked && call.operation !== "passthrough")
    throw new GatewayError("model_required", "the request names no model", { param: "model" });
  const header = gatewayHeader(call.headers, "provider") ?? gatewayHeader(call.headers, "virtual-key");
  const named = node.provider ?? node.virtual_key ?? (overriddenModel ? undefined : header);
  const { account, model } = chooseAccount({ named, model: asked }, parts.accounts, actor.key);
  const provider = findProvider(account.provider);
  if (!provider) throw new GatewayError("internal", `the provider ${account.slug} is of a vendor that is not in the table`);
  if (call.operation === "passthrough") checkPath(call, account);
  return {
    kind: "provider",
    path,
    operation: call.operation,
    account,
    provider,
    model,
    overrides: overrides as JsonObject,
    cache: cachePolicy(call, actor, node, parts),
    ...guardrailsOf(node, parts.guardrails),
    timeoutMs: node.request_timeout ?? timeoutHeader(call) ?? parts.settings.timeouts.requestMs,
  };
}

function checkPath({ path }: Call, { slug, passthrough }: Account): void {
  if (isAllowed(path, passthrough)) return;
  throw new GatewayError("route_not_allowed", `nothing is passed through to this path of the provider ${slug}`, {
    remedy: "An operator can add the path to the provider's list passthrough",
  });
}

/** Answers are shared inside a team, else only with the same key; never with everyone. */
function cachePolicy({ headers, operation }: Call, { key }: Actor, { cache }: Config, { metadata }: TreeParts): CachePolicy {
  if (!cache || operation === "passthrough") return { mode: "off" };
  const owner = key.team === undefined ? `key#${key.id}` : `team#${key.team}`;
  const space = gatewayHeader(headers, "cache-namespace") ?? JSON.stringify(metadata);
  const refresh = gatewayHeader(headers, "cache-force-refresh") === "true";
  return { mode: "simple", maxAgeSeconds: cache.max_age, scope: `${owner}#${space}`, refresh };
}

function guardrailsOf(
  node: Config,
  saved: SavedGuardrails,
): { inputGuardrails: readonly Guardrail[]; outputGuardrails: readonly Guardrail[] } {
  return {
    inputGuardrails: [...(node.before_request_hooks ?? []), ...(node.input_guardrails ?? [])].map((item) =>
      typeof item === "string" ? saved.input(item) : item,
    ),
    outputGuardrails: [...(node.after_request_hooks ?? []), ...(node.output_guardrails ?? [])].map((item) =>
      typeof item === "string" ? saved.output(item) : item,
    ),
  };
}

function timeoutHeader({ headers }: Call): number | undefined {
  const header = gatewayHeader(headers, "request-timeout");
  if (header === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(header)) return Number(header);
  throw new GatewayError("invalid_request", "the request timeout header must be a number of milliseconds", {
    param: "x-gatehouse-request-timeout",
  });
}
