import { createHash } from "node:crypto";
import * as z from "zod";
import type { Check, Scope, Side, Subject, Verdict } from "./check.ts";
import type { CommonParams } from "./commonParams.ts";

/** A check with its parameters. */
export interface BoundCheck {
  readonly id: string;
  /** Names the check and its parameters: what has the same fingerprint says the same of the same text. */
  readonly fingerprint: string;
  readonly failOnError: boolean;
  readonly rewrites: boolean;
  readonly scope: Scope;
  readonly overlap: number | undefined;
  run(subject: Subject, isLate: () => boolean): Verdict | Promise<Verdict>;
}

export interface Guardrail {
  readonly id: string;
  readonly type: "guardrail" | "mutator";
  /** Whether a failed check refuses the request or the answer. */
  readonly deny: boolean;
  /** Only reports: it never denies, never rewrites and never changes the status. */
  readonly async: boolean;
  readonly sequential: boolean;
  readonly checks: readonly BoundCheck[];
  readonly onFail: Feedback | undefined;
  readonly onSuccess: Feedback | undefined;
}
export type Feedback = z.output<typeof feedback>;

const feedback = z.strictObject({
  value: z.number(),
  weight: z.number().default(1),
  metadata: z.record(z.string(), z.json()).default({}),
});
const outcome = z.strictObject({ feedback: feedback.optional() }).optional();

const settings = {
  id: z.string().min(1).optional(),
  name: z.string().optional(),
  type: z.enum(["guardrail", "mutator"]).default("guardrail"),
  guardrail_version_id: z.string().optional(),
  deny: z.boolean().default(false),
  async: z.boolean().default(false),
  sequential: z.boolean().default(false),
  on_fail: outcome,
  on_success: outcome,
};

const DEFAULT_PLUGIN = "default.";

/**
 * The schema of a list of guardrails, each as Portkey writes it: with `checks`, or short, a check's name beside the settings.
 * A check that is unknown, or not for this side, is refused with the list of those that are.
 */
export function guardrailsSchema(side: Side, checks: readonly Check[]) {
  const usable = checks.filter(({ on }) => on.includes(side));
  const known = `the checks for ${side} are ${usable.map(({ id }) => id).join(", ")}`;
  const short: Record<never, z.ZodType> = Object.fromEntries(
    usable.flatMap((check) => spellings(check).map((name) => [name, shorthand(check).optional()])),
  );
  const entry = z.discriminatedUnion("id", usable.map(listed) as [ListedCheck, ...ListedCheck[]], `unknown check; ${known}`);
  const refuseOthers = z
    .unknown()
    .refine(() => false, `unknown field or check; ${known}`)
    .meta({ not: {} });

  const guardrail = z
    .object({ ...settings, checks: z.array(entry).optional() })
    .extend(short)
    .catchall(refuseOthers)
    .transform((document, context): Guardrail => {
      const { type, deny, async, sequential, on_fail, on_success, checks: list = [] } = document;
      const named = Object.keys(short).map((name) => document[name] as BoundCheck | undefined);
      if (list.length === 0 && named.every((check) => check === undefined))
        context.addIssue({ code: "custom", message: `names no check; ${known}` });
      const bound = [...list, ...named].filter((check) => check !== undefined);
      const id =
        document.id ?? `${side}_guardrail_${digest([type, deny, async, sequential, ...bound.map(({ fingerprint }) => fingerprint)])}`;
      return { id, type, deny, async, sequential, checks: bound, onFail: on_fail?.feedback, onSuccess: on_success?.feedback };
    });
  return z.array(guardrail);
}

const spellings = ({ id }: Check): string[] => (id.startsWith(DEFAULT_PLUGIN) ? [id, id.slice(DEFAULT_PLUGIN.length)] : [id]);

const shorthand = (check: Check) => check.params.transform((params) => bind(check, params, undefined));

type ListedCheck = ReturnType<typeof listed>;

/** undefined when it is switched off. */
const listed = (check: Check) =>
  z
    .strictObject({
      id: z.literal(spellings(check)),
      name: z.string().optional(),
      parameters: check.params,
      is_enabled: z.boolean().default(true),
      fail_on_error: z.boolean().optional(),
    })
    .transform(({ parameters, is_enabled, fail_on_error }) => (is_enabled ? bind(check, parameters, fail_on_error) : undefined));

const bind = (check: Check, params: CommonParams, failOnError: boolean | undefined): BoundCheck => ({
  id: check.id,
  fingerprint: `${check.id} ${JSON.stringify(params)}`,
  failOnError: failOnError ?? params.failOnError ?? params.fail_on_error ?? false,
  rewrites: check.rewrites ?? false,
  scope: check.scope(params),
  overlap: check.overlap(params),
  run: (subject, isLate) => check.run(subject, params, isLate),
});

const digest = (parts: readonly unknown[]): string => createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 8);
