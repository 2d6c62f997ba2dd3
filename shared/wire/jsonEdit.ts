import type { Json } from "../contracts/json.ts";

/** Where to put which value. A member that is not there yet is added at the end of its object. */
export interface Edit {
  readonly path: readonly (string | number)[];
  readonly value: Json;
}

/**
 * The JSON text with some values replaced and every other byte as it was: numbers keep their spelling, members their order.
 * The text must have been parsed before (malformed JSON is not looked for), and the paths must lead to existing containers.
 */
export function editJson(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const text = asBuffer(bytes);
  const replacements = edits.map((edit) => replacementFor(text, edit)).sort((left, right) => left.start - right.start);
  const pieces: Uint8Array[] = [];
  let copied = -1;
  for (const { start, end, text: inserted, intoEmpty } of replacements) {
    const comma = intoEmpty && start === copied ? "," : "";
    pieces.push(text.subarray(Math.max(copied, 0), start), Buffer.from(comma + inserted));
    copied = end;
  }
  pieces.push(text.subarray(Math.max(copied, 0)));
  return Buffer.concat(pieces);
}

/** The first name that an object, at any depth, has twice: readers disagree on which of the two counts. */
export function repeatedMember(bytes: Uint8Array): string | undefined {
  const text = asBuffer(bytes);
  const open: (Set<string> | undefined)[] = []; // the names of each object that is open; undefined for an array
  for (let at = 0; at < text.length; at += 1) {
    const byte = text[at];
    if (byte === OPEN_OBJECT) open.push(new Set());
    else if (byte === OPEN_ARRAY) open.push(undefined);
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) open.pop();
    else if (byte === QUOTE) {
      const end = stringEnd(text, at);
      const names = open.at(-1);
      const next = skipSpace(text, end);
      if (names && text[next] === COLON) {
        const name = nameOf(text, at, end);
        if (names.has(name)) return name;
        names.add(name);
      }
      at = end - 1;
    }
  }
  return undefined;
}

interface Span {
  readonly start: number;
  readonly end: number;
}
interface Member extends Span {
  readonly name: string;
}
interface Replacement extends Span {
  readonly text: string;
  /** Several members added to an empty object need a comma between them. */
  readonly intoEmpty?: true;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d];

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function replacementFor(text: Buffer, { path, value }: Edit): Replacement {
  let container: Span = { start: skipSpace(text, text[0] === 0xef ? 3 : 0), end: text.length };
  for (const [depth, step] of path.entries()) {
    const found = typeof step === "number" ? element(text, container.start, step) : lastMember(text, container.start, step);
    if (found) container = found;
    else if (typeof step === "string" && depth === path.length - 1) return insertion(text, container.start, step, value);
    else throw new RangeError(`no ${path.slice(0, depth + 1).join(".")} in this JSON`);
  }
  return { start: container.start, end: container.end, text: JSON.stringify(value) };
}

function insertion(text: Buffer, objectStart: number, name: string, value: Json): Replacement {
  let last: Member | undefined;
  for (const member of members(text, objectStart)) last = member;
  const member = `${JSON.stringify(name)}:${JSON.stringify(value)}`;
  if (last) return { start: last.end, end: last.end, text: `,${member}` };
  return { start: objectStart + 1, end: objectStart + 1, text: member, intoEmpty: true };
}

/** `JSON.parse` takes the last of several members of one name. */
function lastMember(text: Buffer, objectStart: number, name: string): Member | undefined {
  let found: Member | undefined;
  for (const member of members(text, objectStart)) if (member.name === name) found = member;
  return found;
}

function* members(text: Buffer, objectStart: number): Generator<Member> {
  let at = skipSpace(text, objectStart + 1);
  while (at < text.length && text[at] !== CLOSE_OBJECT) {
    const nameEnd = stringEnd(text, at);
    const start = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const end = valueEnd(text, start);
    yield { name: nameOf(text, at, nameEnd), start, end };
    at = skipSpace(text, end);
    if (text[at] === COMMA) at = skipSpace(text, at + 1);
  }
}

function element(text: Buffer, arrayStart: number, index: number): Span | undefined {
  let at = skipSpace(text, arrayStart + 1);
  for (let position = 0; at < text.length && text[at] !== CLOSE_ARRAY; position += 1) {
    const end = valueEnd(text, at);
    if (position === index) return { start: at, end };
    at = skipSpace(text, end);
    if (text[at] === COMMA) at = skipSpace(text, at + 1);
  }
  return undefined;
}

function nameOf(text: Buffer, start: number, end: number): string {
  const raw = text.toString("utf8", start + 1, end - 1);
  return raw.includes("\\") ? (JSON.parse(`"${raw}"`) as string) : raw;
}

function valueEnd(text: Buffer, start: number): number {
  const first = text[start];
  if (first === QUOTE) return stringEnd(text, start);
  if (first === OPEN_OBJECT || first === OPEN_ARRAY) return containerEnd(text, start);
  let at = start;
  while (at < text.length && !endsScalar(text[at] as number)) at += 1;
  return at;
}

const endsScalar = (byte: number): boolean => byte === COMMA || byte === CLOSE_OBJECT || byte === CLOSE_ARRAY || byte <= 0x20;

/** Strings are skipped by searching for their end, so that long texts cost next to nothing. */
function containerEnd(text: Buffer, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const byte = text[at];
    if (byte === QUOTE) at = stringEnd(text, at) - 1;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth += 1;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
}

/** Just behind the closing quote of the string that opens at `start`. */
function stringEnd(text: Buffer, start: number): number {
  for (let at = text.indexOf(QUOTE, start + 1); at !== -1; at = text.indexOf(QUOTE, at + 1)) {
    let backslashes = 0;
    while (text[at - 1 - backslashes] === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return at + 1;
  }
  return text.length;
}

function skipSpace(text: Buffer, from: number): number {
  let at = from;
  while (at < text.length && (text[at] as number) <= 0x20) at += 1;
  return at;
}
