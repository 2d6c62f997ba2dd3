import type { Side, Subject } from "../../../shared/guardrails/check.ts";
import type { BoundCheck, Guardrail } from "../../../shared/guardrails/guardrail.ts";
import { guardrailsFor, verdictMemo } from "../../../shared/guardrails/index.ts";
import { type SaidEvent, screenWindows, type WindowOptions } from "../../../shared/guardrails/windows.ts";
import type { Clock } from "../../../shared/ports/ports.ts";

export const still: Clock = { now: () => Date.UTC(2026, 0, 1), monotonic: () => 0 };
export const options = () => ({ clock: still, memo: verdictMemo() });

export const parse = (side: Side, ...documents: unknown[]): Guardrail[] => guardrailsFor(side).parse(documents);

export const request = (...texts: string[]): Subject => ({
  on: "input",
  segments: texts.map((text) => ({ role: "user", kind: "text", text })),
  newest: texts.length - 1,
});

/** A guardrail around checks that no config can write. */
export const around = (checks: Partial<BoundCheck>[], settings: Partial<Guardrail> = {}): Guardrail => ({
  id: "g",
  type: "guardrail",
  deny: false,
  async: false,
  sequential: false,
  onFail: undefined,
  onSuccess: undefined,
  checks: checks.map((check, index) => ({
    id: `test.${index}`,
    fingerprint: `test.${index}`,
    failOnError: false,
    rewrites: false,
    scope: "every",
    overlap: undefined,
    run: () => ({ outcome: "pass" }),
    ...check,
  })),
  ...settings,
});

/** An event is its number; `channel:text`, or only a text for the one channel of the answer. */
export const events = (...texts: (string | readonly [channel: string, text: string])[]): SaidEvent<number>[] =>
  texts.map((said, event) => {
    const [channel, text] = typeof said === "string" ? ["text", said] : said;
    return { event, pieces: [{ channel, kind: channel.startsWith("reasoning") ? "reasoning" : "text", text }] };
  });

export interface Streamed {
  readonly released: readonly { readonly event: number; readonly text: string; readonly isRewritten: boolean }[];
  /** What a reader put together from each channel. */
  readonly texts: Readonly<Record<string, string>>;
  /** How many events had gone when the last one had come. */
  readonly releasedEarly: number;
  readonly verdict: "passed" | "failed" | "denied";
  readonly results: readonly { readonly id: string; readonly verdict: boolean }[];
}

/** Sends the events one by one, as a stage would. */
export async function stream(settings: Partial<WindowOptions>, sent: readonly SaidEvent<number>[]): Promise<Streamed> {
  const screen = screenWindows<number>({ ...options(), guardrails: [], ...settings });
  const released: { event: number; text: string; isRewritten: boolean }[] = [];
  const texts: Record<string, string> = {};
  const take = (given: readonly { event: number; texts?: readonly string[] }[]) => {
    for (const { event, texts: rewritten } of given) {
      const [piece] = sent[event]?.pieces ?? [];
      if (!piece) continue;
      const text = rewritten?.[0] ?? piece.text;
      released.push({ event, text, isRewritten: rewritten !== undefined });
      texts[piece.channel] = (texts[piece.channel] ?? "") + text;
    }
  };
  for (const event of sent) {
    const step = await screen.push([event]);
    if (step.kind === "denied")
      return { released, texts, releasedEarly: released.length, verdict: "denied", results: step.screening.results };
    take(step.events);
  }
  const releasedEarly = released.length;
  const last = await screen.finish();
  if (last.kind === "released") take(last.events);
  return { released, texts, releasedEarly, verdict: last.screening.verdict, results: last.screening.results };
}

/** A text cut into pieces of these lengths, over and over. */
export function split(text: string, lengths: readonly number[]): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; at += pieces.at(-1)?.length ?? 1) {
    pieces.push(text.slice(at, at + (lengths[pieces.length % lengths.length] ?? 1)));
  }
  return pieces;
}
