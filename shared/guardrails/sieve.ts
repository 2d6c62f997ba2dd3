import type { Subject, TextEdit } from "./check.ts";
import { isViolated, type RunOptions, runCheck } from "./checkRun.ts";
import type { BoundCheck, Guardrail } from "./guardrail.ts";
import { type Flowing, heldText } from "./heldText.ts";
import type { GuardrailRun } from "./hookResult.ts";

/** A check whose verdict a stream must wait for. */
export interface Watch {
  readonly guardrail: Guardrail;
  readonly check: BoundCheck;
}

export interface SieveOptions extends RunOptions {
  /** How much new text is worth a look; without it a quarter of the overlap, so that text is read about five times. */
  readonly windowChars?: number;
  /** More than this is never held. */
  readonly maxHeldChars: number;
}

export type Sifted<Event> =
  | { readonly kind: "released"; readonly events: readonly Flowing<Event>[] }
  | { readonly kind: "denied"; readonly by: GuardrailRun };

/** Holds back the end of a stream until the checks have seen what it belongs to. The caller waits for each answer. */
export interface Sieve<Event> {
  push(events: readonly Flowing<Event>[]): Promise<Sifted<Event>>;
  /** The last events, and everything that is held. */
  flush(events: readonly Flowing<Event>[]): Promise<Sifted<Event>>;
}

/** What stays behind where no check says how much it needs. */
const DEFAULT_OVERLAP = 256;
/** About four tokens: less is not worth a look. */
const LEAST_WINDOW = 16;

/** The checks look at the same text, so at most one of them rewrites. */
export function sieve<Event>(watches: readonly Watch[], options: SieveOptions): Sieve<Event> {
  const overlaps = watches.map(({ check }) => check.overlap);
  const overlap = Math.max(...overlaps.map((characters) => characters ?? DEFAULT_OVERLAP));
  const holdsAll = overlaps.includes(undefined);
  const windowChars = options.windowChars ?? Math.max(LEAST_WINDOW, Math.ceil(overlap / 4));
  const held = heldText<Event>();
  let screenAt = overlap + windowChars;
  let isWhole = true;

  const screen = async (letsAllGo: boolean): Promise<Sifted<Event>> => {
    const run = await runWatches(isWhole ? watches : watches.map(inParts), held.subject(), options);
    if (run.denied) return { kind: "denied", by: run.denied };
    const count = letsAllGo ? held.size : held.cut(overlap, run.edits);
    const events = held.release(count, overlap, run.edits);
    // A match may be longer than the overlap and allow no cut: to look again only at twice the text keeps the sum linear.
    screenAt = held.characters + (count > 0 ? windowChars : Math.max(windowChars, held.characters));
    return { kind: "released", events };
  };

  const push = (events: readonly Flowing<Event>[]) => {
    for (const event of events) held.add(event);
    if (held.characters > options.maxHeldChars) {
      isWhole = false;
      return screen(true);
    }
    if (holdsAll || held.characters < screenAt) return NOTHING;
    if (held.cut(overlap) > 0) return screen(false);
    screenAt = held.characters + windowChars;
    return NOTHING;
  };

  const flush = (events: readonly Flowing<Event>[]) => {
    for (const event of events) held.add(event);
    return screen(true);
  };

  return { push, flush };
}

const NOTHING = Promise.resolve({ kind: "released", events: [] } as const);

/** A check that must see the whole text, and cannot. */
export const truncated = (check: BoundCheck): BoundCheck => ({
  ...check,
  fingerprint: `${check.fingerprint} truncated`,
  run: () => ({ outcome: "error", message: "the answer is too long to be held for this check" }),
});

/** What must not occur can be looked for in parts; whether something occurs at all cannot be said any more. */
const inParts = ({ guardrail, check }: Watch): Watch => ({ guardrail, check: check.scope === "newest" ? truncated(check) : check });

interface WatchRun {
  readonly edits: readonly TextEdit[];
  readonly denied: GuardrailRun | undefined;
}

async function runWatches(watches: readonly Watch[], subject: Subject, options: RunOptions): Promise<WatchRun> {
  const [startedAt, started] = [options.clock.now(), options.clock.monotonic()];
  const runs = await Promise.all(watches.map(async (watch) => ({ ...watch, run: await runCheck(watch.check, subject, options) })));
  const denying = runs.find(({ guardrail, run }) => guardrail.deny && isViolated(run))?.guardrail;
  const checks = runs.filter(({ guardrail }) => guardrail === denying).map(({ run }) => run);
  return {
    edits: runs.flatMap(({ run }) => run.edits),
    denied: denying && { guardrail: denying, checks, subject, startedAt, ms: options.clock.monotonic() - started },
  };
}
