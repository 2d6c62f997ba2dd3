import type { Segment } from "../contracts/segment.ts";
import type { Subject, TextEdit } from "./check.ts";
import { editor, type Span } from "./subject.ts";

/** A text that an event of a stream carries. The channel names the text that it adds to. */
export interface Piece {
  readonly channel: string;
  readonly kind: Segment["kind"];
  readonly text: string;
}

/** An event on its way; its pieces may already have been rewritten. */
export interface Flowing<Event> {
  readonly event: Event;
  readonly pieces: readonly Piece[];
  readonly isRewritten: boolean;
}

/** Events that wait, and what they say in each channel. */
export interface HeldText<Event> {
  readonly size: number;
  readonly characters: number;
  add(event: Flowing<Event>): void;
  /** One segment for each channel; the edits of `cut` and `release` refer to these. */
  subject(): Subject;
  /**
   * How many leading events can go: the most that leave `overlap` characters of every text behind them and split no edit, so that
   * both halves, looked at apart, come to what they come to together. 0 where these events say nothing.
   */
  cut(overlap: number, edits?: readonly TextEdit[]): number;
  /** Lets go of that many leading events, edited. An edit's text goes to the event in which its span starts. */
  release(count: number, overlap: number, edits: readonly TextEdit[]): readonly Flowing<Event>[];
}

interface Channel {
  readonly name: string;
  readonly kind: Segment["kind"];
  /** What the held events say. */
  text: string;
  /** The end of what was released too early to be sure: looked at once more, but it can no longer be changed. */
  context: string;
  /** How much the whole stream had said when this channel last spoke. */
  spokeAt: number;
}

/** A channel that is silent while others say this much is taken to have ended, as reasoning has when the answer begins. */
const SILENT_CHARACTERS = 256;

export function heldText<Event>(): HeldText<Event> {
  const events: Flowing<Event>[] = [];
  const channels = new Map<string, Channel>();
  let said = 0;

  const sounding = () => [...channels.values()].filter(({ text }) => text !== "");

  const spansByChannel = (edits: readonly TextEdit[]): ReadonlyMap<string, readonly Span[]> => {
    const bySegment = Map.groupBy(edits, ({ segment }) => segment);
    return new Map(sounding().map(({ name, context }, index) => [name, spansAfter(context.length, bySegment.get(index) ?? [])]));
  };

  const add = (event: Flowing<Event>) => {
    events.push(event);
    for (const { channel: name, kind, text } of event.pieces) {
      if (text === "") continue;
      said += text.length;
      const channel = channels.get(name) ?? { name, kind, text: "", context: "", spokeAt: 0 };
      channels.set(name, Object.assign(channel, { text: channel.text + text, spokeAt: said }));
    }
  };

  const cut = (overlap: number, edits: readonly TextEdit[] = []) => {
    const spans = spansByChannel(edits);
    const heads = new Map(sounding().map((channel) => [channel.name, channel.text.length]));
    const canCut = (channel: Channel) => {
      const head = heads.get(channel.name) ?? 0;
      const isSettled = channel.text.length - head >= overlap || said - channel.spokeAt >= SILENT_CHARACTERS;
      return head === 0 || (isSettled && !spans.get(channel.name)?.some(({ start, end }) => start < head && head < end));
    };
    for (let count = events.length; count > 0; count -= 1) {
      if (sounding().every(canCut)) return [...heads.values()].some((head) => head > 0) ? count : 0;
      for (const { channel, text } of events[count - 1]?.pieces ?? []) heads.set(channel, (heads.get(channel) ?? 0) - text.length);
    }
    return 0;
  };

  const release = (count: number, overlap: number, edits: readonly TextEdit[]) => {
    const spans = spansByChannel(edits);
    const editors = new Map(sounding().map(({ name, text }) => [name, editor(text, spans.get(name) ?? [])]));
    const gone = new Map<string, number>();
    const released = events.splice(0, count).map((event) => {
      for (const { channel, text } of event.pieces) gone.set(channel, (gone.get(channel) ?? 0) + text.length);
      return rewritten(event, ({ channel, text }) => editors.get(channel)?.(text.length) ?? text);
    });
    for (const channel of sounding()) letGo(channel, gone.get(channel.name) ?? 0, overlap, spans.get(channel.name) ?? []);
    return released;
  };

  const subject = (): Subject => ({
    on: "output",
    segments: sounding().map(({ kind, context, text }) => ({ role: "assistant", kind, text: context + text })),
    newest: 0,
  });

  return {
    get size() {
      return events.length;
    },
    get characters() {
      return sounding().reduce((sum, { text }) => sum + text.length, 0);
    },
    add,
    subject,
    cut,
    release,
  };
}

/** Counted from the end of the context. What reaches over from the context is replaced as far as it is still held. */
const spansAfter = (context: number, edits: readonly TextEdit[]): readonly Span[] =>
  edits
    .filter(({ end }) => end > context)
    .map(({ start, end, text }) => ({ start: Math.max(0, start - context), end: end - context, text }));

function rewritten<Event>(event: Flowing<Event>, textOf: (piece: Piece) => string): Flowing<Event> {
  const pieces = event.pieces.map((piece) => ({ ...piece, text: textOf(piece) }));
  return pieces.every(({ text }, index) => text === event.pieces[index]?.text) ? event : { ...event, pieces, isRewritten: true };
}

function letGo(channel: Channel, count: number, overlap: number, spans: readonly Span[]): void {
  if (count === 0) return;
  const { text, context } = channel;
  channel.text = text.slice(count);
  // Where enough stayed behind, whatever begins before the cut was seen whole, and nothing straddles it.
  if (channel.text.length >= overlap) {
    channel.context = "";
    return;
  }
  const lastEdit = spans.findLast(({ end }) => end <= count);
  const unedited = lastEdit ? text.slice(lastEdit.end, count) : context + text.slice(0, count);
  channel.context = unedited.slice(Math.max(0, unedited.length - overlap));
}
