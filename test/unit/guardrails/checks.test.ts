import { expect, test } from "vitest";
import { runGuardrails } from "../../../shared/guardrails/index.ts";
import { options, parse, request } from "./support.ts";

const screen = (document: unknown, ...texts: string[]) => runGuardrails(parse("input", document), request(...texts), options());
const check = async (document: unknown, ...texts: string[]) => (await screen(document, ...texts)).results[0]?.checks[0];

const words = ["Apple", "Fig"];
test.each([
  { operator: "any", text: "an Apple", verdict: true, foundWords: ["Apple"], missingWords: ["Fig"] },
  { operator: "any", text: "an apple", verdict: false, foundWords: [], missingWords: ["Apple", "Fig"] },
  { operator: "all", text: "an Apple", verdict: false, foundWords: ["Apple"], missingWords: ["Fig"] },
  { operator: "all", text: "PineApple Figs Apples", verdict: true, foundWords: ["Apple", "Fig"], missingWords: [] },
  { operator: "none", text: "a pear", verdict: true, foundWords: [], missingWords: ["Apple", "Fig"] },
  { operator: "none", text: "a Fig", verdict: false, foundWords: ["Fig"], missingWords: ["Apple"] },
])("contains $operator says $verdict of '$text', with the words found and missing", async ({ operator, text, verdict, ...data }) => {
  const explanation = `Check ${verdict ? "passed" : "failed"} for '${operator}' words.`;
  expect(await check({ contains: { words, operator } }, text)).toMatchObject({ verdict, data: { ...data, operator, explanation } });
});

test("contains without an operator wants any of the words", async () => {
  expect(await check({ contains: { words } }, "a Fig")).toMatchObject({ verdict: true, data: { operator: "any" } });
});

test.each([
  { document: { contains: { words: ["yes"] } }, verdict: false },
  { document: { regexMatch: { rule: "yes" } }, verdict: false },
  { document: { contains: { words: ["yes"], operator: "none" } }, verdict: false },
  { document: { regexMatch: { rule: "yes", not: true } }, verdict: false },
])(
  "what must be said counts only in the newest message, what must not be said counts everywhere: $document",
  async ({ document, verdict }) => {
    expect(await check(document, "yes", "no")).toMatchObject({ verdict });
  },
);

test("what must be said is not looked for in reasoning or in the arguments of a call", async () => {
  const [guardrail] = parse("output", { contains: { words: ["yes"] } });
  const segments = [
    { role: "assistant", kind: "reasoning", text: "yes" },
    { role: "assistant", kind: "toolArguments", text: "yes" },
  ] as const;
  const screening = await runGuardrails(guardrail ? [guardrail] : [], { on: "output", segments, newest: 0 }, options());
  expect(screening.verdict).toBe("failed");
});

test("regexMatch tells what matched, where, and its groups", async () => {
  const result = await check({ regexMatch: { rule: "(?<year>\\d{4})-(\\d\\d)(x)?" } }, "in 2026-07");
  expect(result).toMatchObject({
    verdict: true,
    data: {
      verdict: true,
      not: false,
      explanation: "The regex pattern '(?<year>\\d{4})-(\\d\\d)(x)?' successfully matched the text.",
      matchDetails: { matchedText: "2026-07", index: 3, groups: { year: "2026" }, captures: ["2026", "07", null] },
    },
  });
});

test("a result never quotes what must not pass, nor a long match", async () => {
  const secret = await screen({ regexMatch: { rule: "sk-\\w+", not: true } }, "my key is sk-abc123");
  const long = await screen({ regexMatch: { rule: "z+" } }, "z".repeat(101));
  expect(JSON.stringify(secret.results)).not.toContain("abc123");
  expect(JSON.stringify(long.results)).not.toContain("zzz");
});

test.each([
  { rule: "\\d+", text: "a1b22", expected: "a[REDACTED]b[REDACTED]" },
  { rule: "/SECRET/i", text: "secret Secret", expected: "[REDACTED] [REDACTED]" },
  { rule: "/a.b/s", text: "a\nb", expected: "[REDACTED]" },
  { rule: "/usr/bin", text: "in /usr/bin", expected: "in [REDACTED]" },
  { rule: "(\\w+)@(\\w+)", redactText: "$1@***", text: "joe@home", expected: "joe@***" },
  { rule: "(?<name>\\w+)@\\w+", redactText: "$<name>/$&/$$/$10/$2/$`", text: "joe@home", expected: "joe/joe@home/$/joe0/$2/$`" },
  { rule: "x*", text: "axxb", expected: "a[REDACTED]b" },
  { rule: "\\u0041\\x42", text: "AB", expected: "[REDACTED]" },
  { rule: "\\d", redactText: "", text: "a1b", expected: "ab" },
])("regexReplace $rule makes '$text' into '$expected', at every match", async ({ text, expected, ...parameters }) => {
  const screening = await screen({ regexReplace: parameters }, text);
  expect(screening).toMatchObject({ verdict: "passed", texts: [expected], results: [{ verdict: true, transformed: true }] });
});

test("regexReplace rewrites every segment and leaves the others as they are", async () => {
  expect((await screen({ regexReplace: { rule: "\\d" } }, "1", "two", "3")).texts).toEqual(["[REDACTED]", "two", "[REDACTED]"]);
  expect(await screen({ regexReplace: { rule: "\\d" } }, "one")).not.toHaveProperty("texts");
});

test("failOnDetection fails and rewrites all the same", async () => {
  const screening = await screen({ regexReplace: { rule: "\\d", failOnDetection: true } }, "1");
  expect(screening).toMatchObject({ verdict: "failed", texts: ["[REDACTED]"], results: [{ verdict: false, transformed: true }] });
});

test.each(["(a+)+$", "(a|a)*b", "(.*)*x", "(\\w+\\s?)+$", "^(([a-z])+.)+[A-Z]([a-z])+$"])(
  "the rule %s, which would stop a backtracking engine for years, is decided for 100,000 characters",
  async (rule) => {
    const text = `${"a".repeat(100_000)}!`;
    expect(await check({ regexMatch: { rule, not: true } }, text)).toMatchObject({ verdict: true });
    expect(await check({ regexReplace: { rule } }, text)).toMatchObject({ verdict: true, transformed: false });
  },
);

test("a rule whose matches are slow to find one by one is given up at the time limit, and is errored, not passed", async () => {
  let ticks = 0;
  const clock = { now: () => 0, monotonic: () => (ticks += 1000) };
  const guardrails = parse("input", { regexReplace: { rule: "a[^b]*b|a" }, deny: true });
  const screening = await runGuardrails(guardrails, request("a".repeat(1000)), { ...options(), clock });
  expect(screening).toMatchObject({ verdict: "passed", results: [{ checks: [{ verdict: false, error: { name: "Check error" } }] }] });
});
