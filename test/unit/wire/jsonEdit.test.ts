import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json } from "../../../shared/contracts/json.ts";
import { type Edit, editJson, repeatedMember } from "../../../shared/wire/jsonEdit.ts";

type Path = Edit["path"];
/** JSON as it may come over the wire: a value, and one of the many texts that mean it. */
interface Document {
  readonly value: Json;
  readonly text: string;
}

const space = fc.string({ unit: fc.constantFrom(" ", "\n", "\t", "\r"), maxLength: 2 });
const name = fc.oneof(
  fc.constantFrom("a", "b", "", "model", "__proto__", 'say "hi"', "back\\slash", "{[,:]}", "漢字", "🦊", "\u0000"),
  fc.string({ unit: "grapheme", maxLength: 5 }),
);

/** Any character of a string may be spelled as an escape; what JSON.stringify escapes must be, and so must halves of pairs. */
const spelled = (text: string, isEscaped: (index: number) => boolean): string => {
  const units = Array.from({ length: text.length }, (_unit, index) => text.charAt(index));
  const mustBe = (unit: string) => JSON.stringify(unit).length > 3 || /[\ud800-\udfff]/.test(unit);
  return `"${units.map((unit, index) => (mustBe(unit) || isEscaped(index) ? unicodeEscape(unit) : unit)).join("")}"`;
};
const unicodeEscape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
const plainOrEscaped = (text: string) =>
  fc.oneof(
    fc.constant(JSON.stringify(text)),
    fc
      .array(fc.boolean(), { minLength: 1, maxLength: 5 })
      .map((escapes) => spelled(text, (index) => escapes[index % escapes.length] ?? false)),
  );

const scalar: fc.Arbitrary<Document> = fc.oneof(
  fc.oneof(name, fc.string({ unit: "binary", maxLength: 8 })).chain((value) => plainOrEscaped(value).map((text) => ({ value, text }))),
  fc
    .constantFrom<[string, Json]>(["true", true], ["false", false], ["null", null], ["1.0", 1], ["-0.5e+2", -50], ["1E3", 1000])
    .map(([text, value]) => ({ text, value })),
  fc.integer().map((value) => ({ value, text: String(value) })),
);

const { object: anObject, document } = fc.letrec<{ document: Document; array: Document; object: Document }>((tie) => ({
  document: fc.oneof({ maxDepth: 3, withCrossShrink: true }, scalar, tie("array"), tie("object")),
  array: fc.tuple(fc.array(fc.tuple(tie("document"), space), { maxLength: 4 }), space).map(([elements, empty]) => ({
    value: elements.map(([{ value }]) => value),
    text: `[${empty}${elements.map(([{ text }, gap]) => gap + text + gap).join(",")}]`,
  })),
  object: fc
    .tuple(
      fc.uniqueArray(
        fc.tuple(
          name.chain((key) => fc.tuple(fc.constant(key), plainOrEscaped(key))),
          tie("document"),
          space,
        ),
        {
          maxLength: 4,
          selector: ([[key]]) => key,
        },
      ),
      space,
    )
    .map(([members, empty]) => ({
      value: Object.fromEntries(members.map(([[key], { value }]) => [key, value])),
      text: `{${empty}${members.map(([[, spelling], { text }, gap]) => `${gap}${spelling}${gap}:${gap}${text}${gap}`).join(",")}}`,
    })),
}));

/** Every place in the value, and in each object one that is not there yet. */
function pathsIn(value: Json, base: Path = []): readonly Path[] {
  if (Array.isArray(value)) return value.flatMap((element, index) => [[...base, index], ...pathsIn(element, [...base, index])]);
  if (typeof value !== "object" || value === null) return [];
  const members = Object.entries(value).flatMap(([key, member]) => [[...base, key], ...pathsIn(member ?? null, [...base, key])]);
  return [...members, [...base, "new"], [...base, "also new"]];
}

/** Edits of an object, none of which lies inside of another. */
const editedObject = anObject.chain((whole) =>
  fc
    .uniqueArray(
      fc.tuple(
        fc.constantFrom(...pathsIn(whole.value)),
        fc.json().map((json) => JSON.parse(json) as Json),
      ),
      {
        maxLength: 5,
        selector: ([path]) => JSON.stringify(path),
      },
    )
    .map((picked) => ({ ...whole, edits: outermost(picked.map(([path, value]) => ({ path, value }))) })),
);
const outermost = (edits: readonly Edit[]): readonly Edit[] =>
  edits.filter(
    ({ path }) => !edits.some((other) => other.path.length < path.length && other.path.every((step, depth) => step === path[depth])),
  );

/** The same edit on what the text means. */
function edited(value: Json, [step, ...rest]: Path, to: Json): Json {
  if (step === undefined) return to;
  if (Array.isArray(value)) return value.map((element, index) => (index === step ? edited(element, rest, to) : element));
  const members = Object.entries(value as object);
  const replaced = members.map(([key, member]) => [key, key === step ? edited(member as Json, rest, to) : member]);
  return Object.fromEntries(members.some(([key]) => key === step) ? replaced : [...replaced, [step, to]]);
}

const written = (text: string, edits: readonly Edit[]): string => Buffer.from(editJson(Buffer.from(text), edits)).toString("utf8");

describe("editJson", () => {
  test("means what the same edits of the parsed value mean", () => {
    fc.assert(
      fc.property(editedObject, ({ value, text, edits }) => {
        expect(JSON.parse(text)).toEqual(value);
        expect(JSON.parse(written(text, edits))).toEqual(edits.reduce((whole, edit) => edited(whole, edit.path, edit.value), value));
      }),
      { numRuns: 1000 },
    );
  });

  test("leaves every byte outside of what it replaces as it was", () => {
    const mark = "\u0001";
    fc.assert(
      fc.property(editedObject, ({ text, edits }) => {
        // What is left when the marks are cut out again must stand in the original in that order.
        const pieces = written(
          text,
          edits.map(({ path }) => ({ path, value: mark })),
        ).split(/(?:,?"(?:also )?new":)?"\\u0001"/);
        let from = 0;
        for (const piece of pieces) {
          const at = text.indexOf(piece, from);
          expect(at).toBeGreaterThanOrEqual(from);
          from = at + piece.length;
        }
        expect(text.startsWith(pieces[0] ?? "") && text.endsWith(pieces.at(-1) ?? "")).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test("with no edits gives the same bytes, whatever the JSON", () => {
    fc.assert(
      fc.property(document, ({ text }) => {
        expect(written(text, [])).toBe(text);
      }),
    );
  });

  test.each<[string, string, readonly Edit[], string]>([
    ["puts a value in place", '{ "model" : "a", "n": 1.0 }', [{ path: ["model"], value: "b" }], '{ "model" : "b", "n": 1.0 }'],
    ["adds a member at the end", '{"a":1 }', [{ path: ["b"], value: [] }], '{"a":1,"b":[] }'],
    [
      "adds members to an empty object",
      "{ }",
      [
        { path: ["a"], value: 1 },
        { path: ["b"], value: 2 },
      ],
      '{"a":1,"b":2 }',
    ],
    [
      "replaces the last member and adds another",
      '{"a":1}',
      [
        { path: ["b"], value: 2 },
        { path: ["a"], value: 3 },
      ],
      '{"a":3,"b":2}',
    ],
    ["goes through lists", '{"m":[{"c":"x"},{"c":"y"}]}', [{ path: ["m", 1, "c"], value: "z" }], '{"m":[{"c":"x"},{"c":"z"}]}'],
    ["finds a name that is spelled with escapes", '{"\\u006dodel":"a"}', [{ path: ["model"], value: "b" }], '{"\\u006dodel":"b"}'],
    ["takes of two members of one name the one that JSON.parse takes", '{"a":1,"a":2}', [{ path: ["a"], value: 3 }], '{"a":1,"a":3}'],
    ["is not misled by braces and quotes in strings", '{"t":"}\\",\\\\","a":1}', [{ path: ["a"], value: 2 }], '{"t":"}\\",\\\\","a":2}'],
    ["begins behind a byte order mark", '\uFEFF{"a":1}', [{ path: ["a"], value: 2 }], '\uFEFF{"a":2}'],
  ])("%s", (_what, text, edits, result) => {
    expect(written(text, edits)).toBe(result);
  });

  test("refuses a path whose container is not there", () => {
    expect(() => written('{"a":{}}', [{ path: ["b", "c"], value: 1 }])).toThrow(RangeError);
    expect(() => written('{"a":[1]}', [{ path: ["a", 1], value: 1 }])).toThrow(RangeError);
  });
});

describe("repeatedMember", () => {
  test("finds none where every name is there once", () => {
    fc.assert(
      fc.property(anObject, ({ text }) => {
        expect(repeatedMember(Buffer.from(text))).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });

  test("finds a name that is there twice, in whatever spelling", () => {
    const twice = anObject.chain(({ value, text }) =>
      fc
        .constantFrom(...Object.keys(value as object), "model")
        .chain((key) => plainOrEscaped(key).map((spelling) => ({ key, spelling, text }))),
    );
    fc.assert(
      fc.property(twice, ({ key, spelling, text }) => {
        const body = text.trim().slice(1, -1).trim();
        const repeated = `{${JSON.stringify(key)}:1,${spelling}:2${body ? `,${body}` : ""}}`;
        expect(repeatedMember(Buffer.from(repeated))).toBe(key);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ['{"model":"a","model":"b"}', "model"],
    ['{"model":"a","\\u006Dodel":"b"}', "model"],
    ['{"a":{"b":1,"b":2}}', "b"],
    ['{"a":[{"b":1},{"b":2}],"b":{"a":{"a":1}}}', undefined],
    ['{"a":"b\\":","b":["a","a"]}', undefined],
    ['{"a":"\\",\\"a\\":"}', undefined],
    ["{}", undefined],
  ])("of %s names %s", (text, found) => {
    expect(repeatedMember(Buffer.from(text))).toBe(found);
  });
});
