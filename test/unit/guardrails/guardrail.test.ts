import { expect, test } from "vitest";
import { guardrailsFor } from "../../../shared/guardrails/index.ts";
import { around, parse } from "./support.ts";

const contains = { words: ["a"], operator: "none" };
const issuesOf = (document: unknown) =>
  guardrailsFor("output")
    .safeParse([document])
    .error?.issues.map((issue) => ({ ...issue, at: [...issue.path, ...("keys" in issue ? issue.keys : [])].join(".") }));

test("a raw hook is read with its settings", () => {
  const [guardrail] = parse("output", {
    type: "mutator",
    id: "pii",
    name: "No names",
    deny: true,
    async: true,
    sequential: true,
    checks: [
      { id: "default.contains", parameters: contains, is_enabled: true, fail_on_error: true },
      { id: "regexMatch", parameters: { rule: "b" }, is_enabled: false },
    ],
    on_fail: { feedback: { value: -5, weight: 2, metadata: { who: "me" } } },
    on_success: {},
  });
  expect(guardrail).toMatchObject({ id: "pii", type: "mutator", deny: true, async: true, sequential: true });
  expect(guardrail).toMatchObject({ onFail: { value: -5, weight: 2, metadata: { who: "me" } }, onSuccess: undefined });
  expect(guardrail?.checks.map(({ id, failOnError }) => ({ id, failOnError }))).toEqual([{ id: "default.contains", failOnError: true }]);
});

test("the short form takes several checks, with or without the plugin's name", () => {
  const document = {
    "default.contains": contains,
    regexMatch: { rule: "b", failOnError: true },
    regexReplace: { rule: "c", fail_on_error: true },
  };
  const [guardrail] = parse("input", { ...document, guardrail_version_id: "v1" });
  expect(guardrail).toMatchObject({ type: "guardrail", deny: false, async: false, sequential: false });
  expect(guardrail?.checks.map(({ id, failOnError }) => [id, failOnError])).toEqual([
    ["default.contains", false],
    ["default.regexMatch", true],
    ["default.regexReplace", true],
  ]);
});

test("a guardrail without an id has the same one whenever it is read, and another one when it says something else", () => {
  const ids = [{ contains }, { contains }, { contains, deny: true }, { contains: { words: ["b"] } }]
    .flatMap((item) => parse("input", item))
    .map(({ id }) => id);
  expect(ids[0]).toMatch(/^input_guardrail_[0-9a-f]{8}$/);
  expect(ids[1]).toBe(ids[0]);
  expect(new Set(ids).size).toBe(3);
});

test.each([
  {
    document: { contains, denny: true },
    at: "0.denny",
    message: "unknown field or check; the checks for output are default.contains, default.regexMatch",
  },
  { document: { "default.contians": contains }, at: "0.default.contians", message: "default.regexReplace" },
  {
    document: { checks: [{ id: "default.contians", parameters: contains }] },
    at: "0.checks.0.id",
    message: "unknown check; the checks for output are",
  },
  {
    document: { checks: [{ id: "default.contains", parameters: contains, enabled: true }] },
    at: "0.checks.0.enabled",
    message: "nrecognized",
  },
  { document: { contains: { ...contains, word: "b" } }, at: "0.contains.word", message: "nrecognized" },
  { document: { contains: { words: [] } }, at: "0.contains.words", message: "" },
  { document: { contains: { words: [""] } }, at: "0.contains.words.0", message: "" },
  { document: { deny: true }, at: "0", message: "names no check" },
  { document: { regexMatch: { rule: "(?=a)" } }, at: "0.regexMatch.rule", message: "no lookaround" },
  {
    document: { checks: [{ id: "default.regexReplace", parameters: { rule: "(a)\\1" } }] },
    at: "0.checks.0.parameters.rule",
    message: "no backreferences",
  },
  { document: { regexReplace: { rule: "/a/y" } }, at: "0.regexReplace.rule", message: "flag y" },
  { document: { regexMatch: { rule: "[a-z]{1000}".repeat(6) } }, at: "0.regexMatch.rule", message: "too big" },
  { document: { regexMatch: { rule: "(" } }, at: "0.regexMatch.rule", message: "missing closing" },
])("$document is refused at $at", ({ document, at, message }) => {
  expect(issuesOf(document)).toEqual([expect.objectContaining({ at, message: expect.stringContaining(message) })]);
});

test.each([
  { document: { contains: { words: ["four", "a"], operator: "none" } }, overlap: 3 },
  { document: { contains: { words: ["four"], operator: "all" } }, overlap: undefined },
  { document: { regexMatch: { rule: "a" } }, overlap: undefined },
  { document: { regexMatch: { rule: "[$^]\\$\\^\\\\b", not: true } }, overlap: 256 },
  { document: { regexReplace: { rule: "/a/i" } }, overlap: 256 },
  { document: { regexReplace: { rule: "[]^]a" } }, overlap: undefined },
  ...["^a", "a$", "\\ba", "a\\B", "\\Aa", "a\\z", "(?:a|^)", "[\\]^]^"].map((rule) => ({
    document: { regexReplace: { rule } },
    overlap: undefined,
  })),
])("a stream holds back $overlap characters for $document", ({ document, overlap }) => {
  expect(parse("output", document)[0]?.checks[0]?.overlap).toBe(overlap);
});

test("a test's own guardrail has the shape of a parsed one", () => {
  expect(Object.keys(around([])).sort()).toEqual(Object.keys(parse("input", { contains })[0] ?? {}).sort());
});
