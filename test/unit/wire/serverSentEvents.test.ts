import { createParser } from "eventsource-parser";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { eventBytes, eventSplitter, readEvent } from "../../../shared/wire/serverSentEvents.ts";
import { cutAt } from "../../support/pieces.ts";

const lineEnd = fc.constantFrom("\n", "\r\n", "\r");
const words = fc.string({ unit: fc.constantFrom("a", " ", ":", "é", "漢", "🦊", "{", '"', "[DONE]"), maxLength: 8 });
const line = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.constantFrom("data: ", "data:", "data:  "), words).map((parts) => parts.join("")) },
  fc.tuple(fc.constantFrom("event: ", "event:", "id: ", "retry: ", "other: ", ": ", ":"), words).map((parts) => parts.join("")),
  fc.constantFrom("data", "event"),
);
/** Whole events, each with the blank line that ends it; line ends of every kind, even inside one event. */
const eventText = fc
  .tuple(fc.array(fc.tuple(line, lineEnd), { minLength: 1, maxLength: 5 }), lineEnd)
  .map(([lines, blank]) => lines.map(([text, end]) => text + end).join("") + blank)
  // A lone CR before a LF would be one line end, not two.
  .filter((text) => !/[^\n\r]\r\n$/.test(text));
const wholeStream = fc
  .tuple(fc.constantFrom("", "\uFEFF"), fc.array(eventText, { maxLength: 8 }))
  .map(([mark, events]) => mark + events.join(""));
const anyBytes = fc.uint8Array({ maxLength: 200 });
const lineNoise = fc.array(fc.constantFrom(0x0a, 0x0d, 0x61, 0x3a, 0xff), { maxLength: 60 }).map((bytes) => Uint8Array.from(bytes));
const positions = fc.array(fc.nat({ max: 400 }), { maxLength: 20 });

function split(bytes: Uint8Array, at: readonly number[]): { events: readonly Buffer[]; rest: Buffer | undefined } {
  const splitter = eventSplitter();
  const events = cutAt(bytes, at).flatMap((piece) => splitter.push(piece).map((event) => Buffer.from(event)));
  const rest = splitter.rest();
  return { events, rest: rest && Buffer.from(rest) };
}

describe("eventSplitter", () => {
  test("neither changes nor loses a byte, whatever comes and however it is cut", () => {
    fc.assert(
      fc.property(fc.oneof(anyBytes, lineNoise), positions, (bytes, at) => {
        const { events, rest } = split(bytes, at);
        expect(Buffer.concat([...events, rest ?? Buffer.alloc(0)])).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 1000 },
    );
  });

  test("gives the same events whatever the cuts", () => {
    const bytes = fc.oneof(
      lineNoise,
      wholeStream.map((text) => new Uint8Array(Buffer.from(text))),
    );
    fc.assert(
      fc.property(bytes, positions, (given, at) => {
        const everyByte = Array.from(given, (_byte, index) => index);
        const uncut = said(split(given, []));
        expect(said(split(given, at))).toEqual(uncut);
        expect(said(split(given, everyByte))).toEqual(uncut);
      }),
      { numRuns: 1000 },
    );
  });

  test("gives an event as soon as its blank line is whole", () => {
    const splitter = eventSplitter();
    expect(splitter.push(Buffer.from("data: 1\n"))).toEqual([]);
    expect(splitter.push(Buffer.from("\ndata: 2")).map(String)).toEqual(["data: 1\n\n"]);
    expect(splitter.push(Buffer.from("\r\n\r\n")).map(String)).toEqual(["data: 2\r\n\r\n"]);
    expect(splitter.rest()).toBeUndefined();
  });

  test("does not tear a CRLF between two chunks apart", () => {
    const splitter = eventSplitter();
    expect(splitter.push(Buffer.from("data: 1\r\n\r"))).toEqual([]);
    expect(splitter.push(new Uint8Array(0))).toEqual([]);
    expect(splitter.push(Buffer.from("\ndata: 2\r\n\r")).map(String)).toEqual(["data: 1\r\n\r\n"]);
    expect(String(splitter.rest())).toBe("data: 2\r\n\r");
  });

  test("copies nothing that came in one chunk", () => {
    const chunk = Buffer.from("data: 1\n\ndata: 2\n\n");
    expect(
      eventSplitter()
        .push(chunk)
        .map(({ buffer, byteOffset }) => [buffer === chunk.buffer, byteOffset - chunk.byteOffset]),
    ).toEqual([
      [true, 0],
      [true, 9],
    ]);
  });

  /** An event whose last byte is a CR is whole only when the stream is over. */
  const said = ({ events, rest }: ReturnType<typeof split>) => [...events, ...(rest ? [rest] : [])].map(String);
});

describe("readEvent", () => {
  test("reads what eventsource-parser reads", () => {
    fc.assert(
      fc.property(wholeStream, positions, (text, at) => {
        const { events, rest } = split(Buffer.from(text), at);
        const read = [...events, ...(rest ? [rest] : [])].map(readEvent).filter(({ data }) => data !== undefined);
        // An empty event name counts as none.
        expect(read.map(({ event, data }) => ({ event: event || undefined, data }))).toEqual(parsedByOthers(text));
      }),
      { numRuns: 2000 },
    );
  });

  test("reads back what eventBytes wrote", () => {
    fc.assert(
      fc.property(fc.json(), (data) => {
        expect(readEvent(eventBytes(data))).toEqual({ data });
      }),
    );
  });

  test.each([
    ["data: {}\n\n", { data: "{}" }],
    ["data:{}\r\n\r\n", { data: "{}" }],
    ["data: a\ndata: b\n\n", { data: "a\nb" }],
    ["data\n\n", { data: "" }],
    ["event: error\ndata: {}\n\n", { event: "error", data: "{}" }],
    ["\uFEFFdata: first\n\n", { data: "first" }],
    [": OPENROUTER PROCESSING\n\n", {}],
    ["id: 7\n\n", {}],
    ["\n", {}],
  ])("%j says %j", (text, fields) => {
    expect(readEvent(Buffer.from(text))).toEqual(fields);
  });
});

function parsedByOthers(text: string): readonly object[] {
  const events: object[] = [];
  const parser = createParser({ onEvent: ({ event, data }) => events.push({ event, data }) });
  parser.feed(text);
  parser.feed("\n"); // it waits to see whether a CR at the end is a CRLF
  return events;
}
