const LF = 0x0a;
const CR = 0x0d;

/** Cuts a stream of bytes into whole server-sent events, each with the blank line that ends it. No byte is changed or lost. */
export interface EventSplitter {
  /** The events that are complete with this chunk. */
  push(chunk: Uint8Array): Uint8Array[];
  /** What is left at the end of the stream: an event without its blank line. */
  rest(): Uint8Array | undefined;
}

export function eventSplitter(): EventSplitter {
  let held: Uint8Array[] = [];
  let lineIsEmpty = true;
  let afterCr = false;
  let endsWithCr = false;

  const take = (piece: Uint8Array): Uint8Array => {
    if (held.length === 0) return piece;
    const whole = Buffer.concat([...held, piece]);
    held = [];
    return whole;
  };

  return {
    push(chunk) {
      const events: Uint8Array[] = [];
      let from = 0;
      if (endsWithCr && chunk.length > 0) {
        from = chunk[0] === LF ? 1 : 0;
        events.push(take(chunk.subarray(0, from)));
        endsWithCr = false;
      }
      for (let at = 0; at < chunk.length; at += 1) {
        const byte = chunk[at];
        if (byte === LF && afterCr) {
          afterCr = false; // the second half of a CRLF ends no line of its own
          continue;
        }
        afterCr = byte === CR;
        if (byte !== LF && byte !== CR) {
          lineIsEmpty = false;
          continue;
        }
        if (lineIsEmpty) {
          // The next chunk tells whether the event ends here or with a CRLF.
          endsWithCr = byte === CR && at + 1 === chunk.length;
          if (endsWithCr) break;
          const end = byte === CR && chunk[at + 1] === LF ? at + 2 : at + 1;
          events.push(take(from === 0 && end === chunk.length ? chunk : chunk.subarray(from, end)));
          from = end;
        }
        lineIsEmpty = true;
      }
      if (from < chunk.length) held.push(chunk.subarray(from));
      return events;
    },
    rest() {
      return held.length === 0 ? undefined : take(new Uint8Array(0));
    },
  };
}

/** The fields of one whole event. `data` is undefined for comments and other events that say nothing. */
export interface EventFields {
  readonly event?: string;
  readonly data?: string;
}

/** Reads one whole event. Source of the rules: the HTML standard, section "Server-sent events". */
export function readEvent(bytes: Uint8Array): EventFields {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  const simple = soleDataLine(text);
  if (simple !== undefined) return { data: simple };
  let event: string | undefined;
  const data: string[] = [];
  for (const line of text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/)) {
    const colon = line.indexOf(":");
    if (colon === 0) continue;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (name === "data") data.push(value);
    else if (name === "event") event = value;
  }
  return { ...(event !== undefined && { event }), ...(data.length > 0 && { data: data.join("\n") }) };
}

/** Nearly every event is one `data: …` line; that needs no splitting. */
function soleDataLine(text: string): string | undefined {
  if (!text.startsWith("data: ") || !text.endsWith("\n\n") || text.includes("\r")) return undefined;
  return text.indexOf("\n") === text.length - 2 ? text.slice(6, -2) : undefined;
}

export const eventBytes = (data: string): Uint8Array => Buffer.from(`data: ${data}\n\n`);
