import type { Segment } from "../contracts/segment.ts";
import type { Subject } from "./check.ts";
import type { Piece } from "./heldText.ts";

/** Everything that a stream said before anybody rewrote it, up to a limit. */
export interface Transcript {
  readonly isTruncated: boolean;
  add(pieces: readonly Piece[]): void;
  /** One segment for each channel, in the order in which they first spoke. */
  subject(): Subject;
}

export function transcript(maxCharacters: number): Transcript {
  const segments = new Map<string, Segment>();
  let room = maxCharacters;
  let isTruncated = false;
  return {
    get isTruncated() {
      return isTruncated;
    },
    add(pieces) {
      for (const { channel, kind, text } of pieces) {
        if (text === "") continue;
        isTruncated ||= text.length > room;
        segments.set(channel, { role: "assistant", kind, text: (segments.get(channel)?.text ?? "") + text.slice(0, room) });
        room = Math.max(0, room - text.length);
      }
    },
    subject: () => ({ on: "output", segments: [...segments.values()], newest: 0 }),
  };
}
