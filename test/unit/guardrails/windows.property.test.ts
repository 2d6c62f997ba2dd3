import fc from "fast-check";
import { expect, test } from "vitest";
import { verdictMemo } from "../../../shared/guardrails/index.ts";
import { screenWindows } from "../../../shared/guardrails/windows.ts";
import { events, parse, split, still, stream } from "./support.ts";

const letters = fc.constantFrom("a", "b", "c", "1", "2", " ");
const texts = fc.string({ unit: letters, maxLength: 1500, size: "max" });
const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
const windowChars = fc.constantFrom(undefined, 1, 7, 64, 400);
const words = fc.array(fc.string({ unit: letters, minLength: 1, maxLength: 7 }), { minLength: 1, maxLength: 4 });

// Rules of which no match is longer than the 256 characters that are held back: bounded, or with an unlikely repetition.
const atom = fc.oneof(letters, fc.constantFrom("[ab]", "[^c]", "\\d", "\\w", ".", "(?:ab|a)", "(?:a|ab)", "a?b", "1{2,3}", "[12]{1,5}?"));
const rules = fc.array(atom, { minLength: 1, maxLength: 4 }).chain((atoms) => fc.constantFrom(atoms.join(""), atoms.join("|")));

// Without shrinking, which takes minutes at these lengths.
const runs = (numRuns: number) => ({ numRuns, endOnFailure: true });

const withSplit = fc.record({ text: texts, lengths, windowChars });
const settings = (guardrails: ReturnType<typeof parse>, chars: number | undefined) => ({
  guardrails,
  ...(chars ? { windowChars: chars } : {}),
});

test("a redacted stream reads as the whole text redacted at once, however it is split", () =>
  fc.assert(
    fc.asyncProperty(
      withSplit,
      rules,
      fc.constantFrom("", "-", "[$&]", "ab1"),
      async ({ text, lengths, windowChars }, rule, redactText) => {
        const guardrails = parse("output", { regexReplace: { rule, redactText } });
        const streamed = await stream(settings(guardrails, windowChars), events(...split(text, lengths)));
        expect(streamed.texts["text"] ?? "").toBe(text.replace(new RegExp(rule, "g"), redactText));
      },
    ),
    runs(300),
  ));

test("redactions in a row read as one after the other on the whole text", () =>
  fc.assert(
    fc.asyncProperty(withSplit, rules, rules, async ({ text, lengths, windowChars }, first, second) => {
      const guardrails = parse(
        "output",
        { regexReplace: { rule: first, redactText: "b2" } },
        { regexReplace: { rule: second, redactText: "#" } },
      );
      const streamed = await stream(settings(guardrails, windowChars), events(...split(text, lengths)));
      const expected = text.replace(new RegExp(first, "g"), "b2").replace(new RegExp(second, "g"), "#");
      expect(streamed.texts["text"] ?? "").toBe(expected);
    }),
    runs(200),
  ));

test("not even the beginning of a banned word is ever released, however the text is split", () =>
  fc.assert(
    fc.asyncProperty(withSplit, words, async ({ text, lengths, windowChars }, words) => {
      const guardrails = parse("output", { contains: { words, operator: "none" }, deny: true });
      const streamed = await stream(settings(guardrails, windowChars), events(...split(text, lengths)));
      const found = words.map((word) => text.indexOf(word)).filter((at) => at >= 0);
      expect(streamed.verdict).toBe(found.length > 0 ? "denied" : "passed");
      expect((streamed.texts["text"] ?? "").length).toBeLessThanOrEqual(found.length > 0 ? Math.min(...found) : text.length);
    }),
    runs(300),
  ));

test("no channel ever shows a whole banned word, however the channels take turns", () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.tuple(fc.constantFrom("text", "reasoning", "tool"), fc.string({ unit: letters, minLength: 1, maxLength: 120, size: "max" })),
        { maxLength: 40, size: "max" },
      ),
      words,
      windowChars,
      async (said, words, windowChars) => {
        const guardrails = parse("output", { contains: { words, operator: "none" }, deny: true });
        const streamed = await stream(settings(guardrails, windowChars), events(...said));
        for (const text of Object.values(streamed.texts)) for (const word of words) expect(text).not.toContain(word);
      },
    ),
    runs(300),
  ));

test("a stream in which nothing matches comes out as it went in, each event once and in order", () =>
  fc.assert(
    fc.asyncProperty(withSplit, rules, async ({ text, lengths, windowChars }, rule) => {
      const shifted = text.replace(/./g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0x400));
      const banned = { contains: { words: ["ab1", "c"], operator: "none" }, deny: true };
      const guardrails = parse("output", banned, { regexReplace: { rule: rule.replace(/\.|\[\^c\]/g, "a") } });
      const sent = events(...split(shifted, lengths));
      const streamed = await stream(settings(guardrails, windowChars), sent);
      expect(streamed.released).toEqual(sent.map(({ event, pieces }) => ({ event, text: pieces[0]?.text, isRewritten: false })));
    }),
    runs(100),
  ));

test("many events in one push say the same as one at a time", () =>
  fc.assert(
    fc.asyncProperty(withSplit, rules, async ({ text, lengths }, rule) => {
      const guardrails = parse("output", { regexReplace: { rule, redactText: "#" } });
      const sent = events(...split(text, lengths));
      const screen = screenWindows<number>({ clock: still, memo: verdictMemo(), guardrails });
      const steps = [await screen.push(sent), await screen.finish()];
      const texts = steps.flatMap((step) => (step.kind === "released" ? step.events : []));
      const together = texts.map(({ event, texts }) => texts?.[0] ?? sent[event]?.pieces[0]?.text).join("");
      expect(together).toBe((await stream({ guardrails }, sent)).texts["text"] ?? "");
    }),
    runs(100),
  ));
