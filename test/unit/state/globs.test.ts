import fc from "fast-check";
import { expect, test } from "vitest";
import { isAllowed } from "../../../shared/state/globs.ts";

/** The same meaning, said by another machine. */
const byRegex = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .split("*")
      .map((piece) => piece.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"))
      .join(".*")}$`,
    "s",
  );
const alphabet = fc.constantFrom("a", "b", "-", "4", ".", "*", "/", "é");

test("a pattern says what the regular expression of it says", () => {
  const name = fc.string({ unit: alphabet, maxLength: 12 });
  fc.assert(
    fc.property(name, name, (pattern, text) => {
      expect(isAllowed(text, [pattern])).toBe(byRegex(pattern).test(text));
    }),
    { numRuns: 5000 },
  );
});

test("a pattern matches whatever its stars are filled with", () => {
  const text = fc.string({ maxLength: 6 });
  const pieces = fc.array(
    text.map((piece) => piece.replaceAll("*", "")),
    { minLength: 1, maxLength: 5 },
  );
  fc.assert(
    fc.property(pieces, fc.array(text, { minLength: 5, maxLength: 5 }), (fixed, filled) => {
      const name = fixed.map((piece, index) => piece + (index < fixed.length - 1 ? (filled[index] ?? "") : "")).join("");
      expect(isAllowed(name, [fixed.join("*")])).toBe(true);
    }),
  );
});

test("absent patterns allow everything, and an empty list nothing", () => {
  expect(isAllowed("anything", undefined)).toBe(true);
  expect(isAllowed("anything", [])).toBe(false);
  expect(isAllowed("", [])).toBe(false);
});

test("one of several patterns is enough", () => {
  expect(isAllowed("claude-3", ["gpt-*", "claude-*"])).toBe(true);
  expect(isAllowed("o3", ["gpt-*", "claude-*"])).toBe(false);
});

test("a pattern made to hurt takes no time that grows with it", () => {
  const name = "a".repeat(200_000);
  const startedAt = process.cpuUsage().user;
  expect(isAllowed(name, [`${"*a".repeat(1000)}*b`])).toBe(false);
  expect(isAllowed(name, [`${"*a".repeat(1000)}*`])).toBe(true);
  // Generous: a matcher that goes back and tries again would need years.
  expect(process.cpuUsage().user - startedAt).toBeLessThan(5_000_000);
});
