import type { Config } from "../../../shared/config/config.ts";
import { type Call, gatewayHeader } from "../../../shared/contracts/call.ts";
import { GatewayError } from "../../../shared/contracts/error.ts";
import { isJsonObject } from "../../../shared/contracts/json.ts";
import type { VirtualKey } from "../../../shared/contracts/key.ts";
import type { Actor } from "../../../shared/contracts/trace.ts";
import type { Branch } from "../../../shared/routing/strategy.ts";
import { isAllowed } from "../../../shared/state/globs.ts";
import type { SavedGuardrails } from "../../../shared/state/guardrailShelf.ts";
import type { Plan, Target } from "../plan.ts";
import type { Services } from "../services.ts";
import { type ChosenConfig, chooseConfig } from "./chooseConfig.ts";
import { fromStore } from "./fromStore.ts";
import { targetTree } from "./targetTree.ts";

/** What this caller asks for, and may have: the tree of targets and what is recorded with the call. */
export async function resolvePlan(call: Call, actor: Actor, services: Services): Promise<Plan> {
  const { key } = actor;
  checkRoute(call, key);
  const { directory, settings } = services;
  const [accounts, team, config] = await Promise.all([
    fromStore(directory.accounts(key.providers), "providers"),
    key.team === undefined ? undefined : fromStore(directory.team(key.team), "teams"),
    chooseConfig(call, key, services),
  ]);
  const guardrails = namesGuardrails(config.document) ? await fromStore(services.guardrails.saved(), "guardrails") : NO_GUARDRAILS;
  const metadata = { ...requestMetadata(call), ...team?.metadata, ...key.metadata };
  return {
    call,
    actor,
    owner: team,
    team: key.team,
    costCenter: team?.cost_center,
    metadata,
    traceId: traceIdOf(call),
    config: config.saved,
    root: rootOf(call, actor, config, { accounts, metadata, settings, guardrails }),
    log: key.log ?? settings.log,
  };
}

function checkRoute({ operation, path }: Call, key: VirtualKey): void {
  if (!isAllowed(path, key.routes)) throw new GatewayError("route_not_allowed", "this virtual key may not call this route");
  if (operation === "passthrough" && !key.scopes.includes("passthrough")) {
    throw new GatewayError("scope_missing", "this route is passed through to a provider, which this virtual key may not do", {
      remedy: 'Give the key the scope "passthrough"',
    });
  }
}

/** Only then are they read, which takes round trips of its own: most configs name none. */
const namesGuardrails = ({ targets, before_request_hooks, input_guardrails, after_request_hooks, output_guardrails }: Config): boolean =>
  [before_request_hooks, input_guardrails, after_request_hooks, output_guardrails].some((items) =>
    items?.some((item) => typeof item === "string"),
  ) || targets?.some(namesGuardrails) === true;

const notNamed = (slug: string): never => {
  throw new GatewayError("internal", `the guardrail ${slug} was not read`);
};
const NO_GUARDRAILS: SavedGuardrails = { input: notNamed, output: notNamed };

type TreeParts = Parameters<typeof targetTree>[3];

function rootOf(call: Call, actor: Actor, config: ChosenConfig, parts: TreeParts): Branch<Target> {
  if (call.operation === "models") return { kind: "target", target: { kind: "own", path: "config", accounts: parts.accounts } };
  return targetTree(call, actor, config.document, parts);
}

/** W3C Trace Context: version, trace id, parent id, flags. */
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

const traceIdOf = ({ id, headers }: Call): string =>
  gatewayHeader(headers, "trace-id")?.slice(0, 128) || TRACEPARENT.exec(headers["traceparent"] ?? "")?.[1] || id;

const MAX_METADATA_ENTRIES = 64;
const MAX_METADATA_VALUE = 128;

/** Portkey's rule: a JSON object of strings. What is wrong is refused, not dropped, since routing and costs may depend on it. */
function requestMetadata({ headers }: Call): Readonly<Record<string, string>> {
  const header = gatewayHeader(headers, "metadata");
  if (header === undefined || header === "") return {};
  const wrong = (problem: string) =>
    new GatewayError("invalid_request", `the metadata header ${problem}`, { param: "x-gatehouse-metadata" });
  const metadata = parsed(header);
  if (!isJsonObject(metadata)) throw wrong("must be a JSON object of strings");
  const entries = Object.entries(metadata);
  if (entries.length > MAX_METADATA_ENTRIES) throw wrong(`may have at most ${MAX_METADATA_ENTRIES} entries`);
  return Object.fromEntries(
    entries.map(([name, value]) => {
      const text = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
      if (typeof text !== "string" || text.length > MAX_METADATA_VALUE)
        throw wrong(`must have strings of at most ${MAX_METADATA_VALUE} characters as values`);
      return [name, text];
    }),
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
