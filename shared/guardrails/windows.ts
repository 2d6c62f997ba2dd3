import type { RunOptions } from "./checkRun.ts";
import type { Guardrail } from "./guardrail.ts";
import type { Flowing, Piece } from "./heldText.ts";
import { runGuardrails, type Screening, screeningOf } from "./runner.ts";
import { type Sieve, sieve, truncated, type Watch } from "./sieve.ts";
import { transcript } from "./transcript.ts";

export interface WindowOptions extends RunOptions {
  readonly guardrails: readonly Guardrail[];
  /** How much new text is worth a look; without it each check's own measure. */
  readonly windowChars?: number;
  /** More than this is neither held nor kept for the final verdict; a check that needs all of it is then `errored`. */
  readonly maxHeldChars?: number;
}

export interface SaidEvent<Event> {
  readonly event: Event;
  readonly pieces: readonly Piece[];
}
export interface ReleasedEvent<Event> {
  readonly event: Event;
  /** One text for each piece of the event, where one of them was rewritten; otherwise the event goes out as it came. */
  readonly texts?: readonly string[];
}
export type Step<Event> =
  | { readonly kind: "released"; readonly events: readonly ReleasedEvent<Event>[] }
  | { readonly kind: "denied"; readonly screening: Screening };
export type LastStep<Event> =
  | { readonly kind: "released"; readonly events: readonly ReleasedEvent<Event>[]; readonly screening: Screening }
  | { readonly kind: "denied"; readonly screening: Screening };

/** Screens one stream. After `denied` nothing more may be released. The caller waits for each answer before it goes on. */
export interface StreamScreen<Event> {
  push(events: readonly SaidEvent<Event>[]): Promise<Step<Event>>;
  finish(): Promise<LastStep<Event>>;
}

const MAX_HELD_CHARS = 1_000_000;

/**
 * Screens the text of a stream while it flows, without knowing its wire format. Only guardrails that can deny or rewrite hold the
 * stream back, and only as far as their checks must see ahead; all of them give their verdict on the whole text at the end.
 */
export function screenWindows<Event>(options: WindowOptions): StreamScreen<Event> {
  const { guardrails, maxHeldChars = MAX_HELD_CHARS } = options;
  const sieves = grouped(guardrails).map((watches) => sieve<Event>(watches, { ...options, maxHeldChars }));
  const said = transcript(maxHeldChars);

  const push = async (events: readonly SaidEvent<Event>[]): Promise<Step<Event>> => {
    for (const { pieces } of events) said.add(pieces);
    return cascade(sieves, "push", events);
  };

  const finish = async (): Promise<LastStep<Event>> => {
    const screening = await runGuardrails(said.isTruncated ? guardrails.map(judgedInParts) : guardrails, said.subject(), options);
    if (screening.verdict === "denied") return { kind: "denied", screening };
    const last = await cascade(sieves, "flush", []);
    return last.kind === "denied" ? last : { ...last, screening };
  };

  return { push, finish };
}

/** Each sieve gets what the one before it let through, so that each check sees what the ones before it left of the text. */
async function cascade<Event>(
  sieves: readonly Sieve<Event>[],
  way: "push" | "flush",
  events: readonly SaidEvent<Event>[],
): Promise<Step<Event>> {
  let flowing: readonly Flowing<Event>[] = events.map(({ event, pieces }) => ({ event, pieces, isRewritten: false }));
  for (const sieve of sieves) {
    const sifted = await sieve[way](flowing);
    if (sifted.kind === "denied") return { kind: "denied", screening: screeningOf([sifted.by], "output") };
    flowing = sifted.events;
  }
  return { kind: "released", events: flowing.map(released) };
}

const released = <Event>({ event, pieces, isRewritten }: Flowing<Event>): ReleasedEvent<Event> =>
  isRewritten ? { event, texts: pieces.map(({ text }) => text) } : { event };

/** The checks that a stream must wait for, in their order; a group ends with each that rewrites. */
function grouped(guardrails: readonly Guardrail[]): readonly (readonly Watch[])[] {
  const groups: Watch[][] = [];
  let isOpen = false;
  for (const guardrail of guardrails.filter(({ async }) => !async)) {
    for (const check of guardrail.checks.filter(({ rewrites }) => guardrail.deny || rewrites)) {
      if (!isOpen) groups.push([]);
      groups.at(-1)?.push({ guardrail, check });
      isOpen = !check.rewrites;
    }
  }
  return groups;
}

const judgedInParts = (guardrail: Guardrail): Guardrail => ({
  ...guardrail,
  checks: guardrail.checks.map((check) => (check.overlap === undefined ? truncated(check) : check)),
});
