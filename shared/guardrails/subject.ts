import type { Segment } from "../contracts/segment.ts";
import type { Scope, Subject, TextEdit } from "./check.ts";

/** Arguments of a call are no speech, and what a model thought is not what it said. */
const isSpoken = ({ kind }: Segment): boolean => kind !== "reasoning" && kind !== "toolArguments";

export const inScope = (subject: Subject, scope: Scope): Subject =>
  scope === "every" ? subject : { ...subject, segments: subject.segments.slice(subject.newest).filter(isSpoken), newest: 0 };

export const joinedText = ({ segments }: Subject): string => segments.map(({ text }) => text).join("\n");

export const characters = ({ segments }: Subject): number => segments.reduce((sum, { text }) => sum + text.length, 0);

export function edited(subject: Subject, edits: readonly TextEdit[]): Subject {
  if (edits.length === 0) return subject;
  const bySegment = Map.groupBy(edits, ({ segment }) => segment);
  const segments = subject.segments.map((segment, index) => ({
    ...segment,
    text: editor(segment.text, bySegment.get(index) ?? [])(segment.text.length),
  }));
  return { ...subject, segments };
}

export type Span = Omit<TextEdit, "segment">;

/** Gives the edited text in pieces, each for the next `length` characters of the original. A replacement stands where its span starts. */
export function editor(text: string, spans: readonly Span[]): (length: number) => string {
  let at = 0;
  let next = 0;
  return (length) => {
    const to = at + length;
    let result = "";
    for (let span = spans[next]; span && span.start < to && at < to; span = spans[next]) {
      if (at <= span.start) result += text.slice(at, span.start) + span.text;
      at = Math.min(span.end, to);
      if (at === span.end) next += 1;
    }
    result += text.slice(at, to);
    at = to;
    return result;
  };
}
