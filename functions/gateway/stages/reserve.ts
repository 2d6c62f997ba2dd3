import { GatewayError } from "../../../shared/contracts/error.ts";
import { type RefusedReply, refused } from "../../../shared/contracts/reply.ts";
import type { Outcome, Trace } from "../../../shared/contracts/trace.ts";
import type { Reserved } from "../../../shared/ports/ports.ts";
import { type BoundLimit, bindLimits, type LimitScope } from "../../../shared/state/limits.ts";
import type { Plan, Target } from "../plan.ts";
import type { Services } from "../services.ts";

export type Held = { readonly ok: true } | { readonly ok: false; readonly refusal: GatewayError; readonly scope: LimitScope };

/** What is set aside for one call: the limits of its key and team once, those of a provider for each that is tried. */
export interface Reservations {
  reserve(target: Target): Promise<Held>;
}

export function reservations({ actor: { key }, owner, call }: Plan, trace: Trace, { ledger, clock, report }: Services): Reservations {
  const callers = [
    ...bindLimits("key", key.id, key.limits, clock.now()),
    ...(owner ? bindLimits("team", owner.slug, owner.limits, clock.now()) : []),
  ];
  let isCallerHeld = false;

  return {
    async reserve(target) {
      const now = clock.now();
      const limits = [...(isCallerHeld ? [] : callers), ...providerLimits(target, now)];
      if (limits.length === 0) return { ok: true };
      const until = Math.max(now, call.receivedAt + LONGEST_CALL_MS);
      try {
        const holds = limits.map(({ hold }) => hold);
        const reservation = await ledger.reserve(holds, until);
        const refusing = reservation.ok ? undefined : limits[reservation.refusedBy];
        if (refusing) return { ok: false, refusal: refusalOf(refusing, now), scope: refusing.scope };
        if (reservation.ok)
          trace.releases.push((outcome) => ledger.settle(reservation.reserved, actualAmounts(reservation.reserved, outcome)));
      } catch (cause) {
        if (limits.some(isBudget))
          throw new GatewayError("store_unavailable", "the gateway cannot check budgets right now", {
            headers: { "retry-after": "1" },
            cause,
          });
        report("limits could not be checked, and calls pass without them", cause);
      }
      isCallerHeld = true;
      return { ok: true };
    },
  };
}

/** As long as Lambda lets a function run; a call that settles later finds its holds swept, which only leaves them spent. */
const LONGEST_CALL_MS = 900_000;

/** A limit of the caller ends the call; one of a provider is a reply that the router weighs. */
export function refusedReply({ refusal, scope }: Extract<Held, { ok: false }>): RefusedReply {
  if (scope !== "provider") throw refusal;
  return refused(refusal);
}

/** While the store is down rates are let pass, money is not. */
const isBudget = ({ limit }: BoundLimit): boolean => limit.window === "week" || limit.window === "month";

const providerLimits = (target: Target, now: number): readonly BoundLimit[] =>
  target.kind === "provider" ? bindLimits("provider", target.account.slug, target.account.limits, now) : [];

/** A request counts when something was done for it; one that the cache answered gives its reservation back. */
const actualAmounts = ({ holds }: Reserved, { isServedFromCache, wasSent }: Outcome): readonly bigint[] =>
  holds.map(({ amount }) => (isServedFromCache && !wasSent ? 0n : amount));

/** As in Portkey's types. */
const PORTKEY_OWNERS: Readonly<Record<LimitScope, string>> = { key: "api_key", team: "workspace", provider: "integration" };
const OWNERS: Readonly<Record<LimitScope, string>> = {
  key: "this virtual key",
  team: "the team of this virtual key",
  provider: "this provider",
};

function refusalOf(refusing: BoundLimit, now: number): GatewayError {
  const { scope, limit, window } = refusing;
  const isExhausted = isBudget(refusing);
  const seconds = Math.max(1, Math.ceil((window.endsAt - now) / 1000));
  return new GatewayError(
    isExhausted ? "budget_exhausted" : "rate_limited",
    `the limit of ${limit.value} ${limit.type} per ${limit.window} of ${OWNERS[scope]} is reached`,
    {
      type: `${PORTKEY_OWNERS[scope]}_${isExhausted ? "exhaust" : "rate_limit"}_error`,
      headers: { "retry-after": String(seconds) },
      remedy: `The next ${limit.window} begins in ${seconds} s`,
    },
  );
}
