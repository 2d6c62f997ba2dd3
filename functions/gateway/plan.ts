import type { Account, Team } from "../../shared/contracts/account.ts";
import type { Call, Operation } from "../../shared/contracts/call.ts";
import type { JsonObject } from "../../shared/contracts/json.ts";
import type { Actor, TracedPlan } from "../../shared/contracts/trace.ts";
import type { Guardrail } from "../../shared/guardrails/index.ts";
import type { Provider } from "../../shared/providers/provider.ts";
import type { Branch } from "../../shared/routing/strategy.ts";

/** What actor, headers and configs come to. */
export interface Plan extends TracedPlan {
  readonly call: Call;
  readonly actor: Actor;
  readonly owner: Team | undefined;
  readonly root: Branch<Target>;
}

/** A leaf of the plan. */
export type Target = ProviderTarget | OwnTarget;

/** What the gateway answers itself, on the same path as everything else. */
export interface OwnTarget {
  readonly kind: "own";
  readonly path: string;
  readonly accounts: ReadonlyMap<string, Account>;
}

export interface ProviderTarget {
  readonly kind: "provider";
  readonly path: string;
  readonly operation: Operation;
  readonly account: Account;
  readonly provider: Provider;
  /** As the provider names it; undefined where a pass-through names none. */
  readonly model: string | undefined;
  readonly overrides: JsonObject;
  readonly cache: CachePolicy;
  readonly inputGuardrails: readonly Guardrail[];
  readonly outputGuardrails: readonly Guardrail[];
  readonly timeoutMs: number;
}

export type CachePolicy =
  | { readonly mode: "off" }
  | { readonly mode: "simple"; readonly maxAgeSeconds: number; readonly scope: string; readonly refresh: boolean };
