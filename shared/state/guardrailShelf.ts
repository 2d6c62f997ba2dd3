import * as z from "zod";
import { GatewayError } from "../contracts/error.ts";
import { type Guardrail, guardrailsFor } from "../guardrails/index.ts";
import type { Clock, Store } from "../ports/ports.ts";
import { collection } from "./collections.ts";
import { type KeyMemory, remembered } from "./remembered.ts";

/** The guardrails that configs name by their slugs. */
export interface SavedGuardrails {
  input(slug: string): Guardrail;
  output(slug: string): Guardrail;
}
export interface GuardrailShelf {
  saved(): Promise<SavedGuardrails>;
}

export const savedGuardrailSchema = z.strictObject({ slug: z.string(), document: z.json() });
export type SavedGuardrail = z.infer<typeof savedGuardrailSchema>;
export const guardrailCollection = (control: Store) => collection(control, "guardrail", savedGuardrailSchema);

export function guardrailShelf(control: Store, clock: Clock, memory: KeyMemory): GuardrailShelf {
  const saved = guardrailCollection(control);
  const options = { clock, ttlMs: () => memory.keyTtlSeconds * 1000, staleMs: memory.staleKeySeconds * 1000 };
  const shelf = remembered(async () => parsedShelf(await saved.all()), options);
  return { saved: async () => (await shelf.get("*")).value };
}

/** Each is parsed for the side on which a config uses it, once. */
function parsedShelf(saved: ReadonlyMap<string, SavedGuardrail>): SavedGuardrails {
  const onSide = (side: "input" | "output") => {
    const parsed = new Map<string, Guardrail>();
    return (slug: string): Guardrail => {
      const known = parsed.get(slug);
      if (known) return known;
      const found = saved.get(slug);
      const { data } = guardrailsFor(side).safeParse(found ? [found.document] : undefined);
      const guardrail = data?.[0];
      if (!guardrail)
        throw new GatewayError(
          "invalid_config",
          `the config names a guardrail that is not there or does not check ${side}: ${slug.slice(0, 64)}`,
        );
      parsed.set(slug, guardrail);
      return guardrail;
    };
  };
  return { input: onSide("input"), output: onSide("output") };
}
