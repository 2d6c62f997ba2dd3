import { expect, test } from "vitest";
import { deniedBody, runGuardrails } from "../../../shared/guardrails/index.ts";
import { around, options, parse, request } from "./support.ts";

const none = (...words: string[]) => ({ contains: { words, operator: "none" } });
const broken = { run: () => Promise.reject(new Error("cannot read 'my secret text'")) };

test("the result of a denial is what Portkey answers", async () => {
  const guardrails = parse("input", {
    id: "g",
    deny: true,
    ...none("b"),
    on_fail: { feedback: { value: -5, weight: 1, metadata: { who: "me" } } },
  });
  const { verdict, results } = await runGuardrails(guardrails, request("abc"), options());
  const data = { explanation: "Check failed for 'none' words.", missingWords: [], foundWords: ["b"], operator: "none" };
  const common = { verdict: false, transformed: false, execution_time: 0, created_at: "2026-01-01T00:00:00.000Z" };
  expect(verdict).toBe("denied");
  expect(deniedBody(results, [])).toEqual({
    error: {
      message: "The guardrail checks defined in the config failed. You can find more information in the `hook_results` object.",
      type: "hooks_failed",
      param: null,
      code: null,
    },
    hook_results: {
      before_request_hooks: [
        {
          ...common,
          id: "g",
          checks: [{ ...common, data, id: "default.contains", log: null, fail_on_error: false }],
          feedback: {
            value: -5,
            weight: 1,
            metadata: { who: "me", successfulChecks: "", failedChecks: "default.contains", erroredChecks: "" },
          },
          async: false,
          type: "guardrail",
          deny: true,
        },
      ],
      after_request_hooks: [],
    },
  });
});

test.each([
  { settings: { deny: true }, text: "b", verdict: "denied" },
  { settings: { deny: false }, text: "b", verdict: "failed" },
  { settings: { deny: true }, text: "c", verdict: "passed" },
  { settings: { deny: true, async: true }, text: "b", verdict: "passed" },
])("a guardrail with $settings makes '$text' $verdict", async ({ settings, text, verdict }) => {
  const screening = await runGuardrails(parse("input", { ...none("b"), ...settings }), request(text), options());
  expect(screening).toMatchObject({ verdict, results: [{ verdict: text === "c" }] });
});

test.each([
  { failOnError: false, verdict: "passed", outcome: "errored", upheld: true },
  { failOnError: true, verdict: "denied", outcome: "failed", upheld: false },
])(
  "a check that breaks never passed, and failOnError $failOnError makes the request $verdict",
  async ({ failOnError, verdict, outcome, upheld }) => {
    const feedback = { value: 1, weight: 1, metadata: {} };
    const guardrail = around([{ ...broken, failOnError }], { deny: true, onFail: feedback, onSuccess: feedback });
    const screening = await runGuardrails([guardrail], request("my secret text"), options());
    expect(screening.verdict).toBe(verdict);
    expect(screening.results[0]).toMatchObject({
      verdict: upheld,
      feedback: { metadata: { successfulChecks: "", erroredChecks: "test.0" } },
    });
    expect(screening.results[0]?.checks[0]).toMatchObject({
      verdict: false,
      error: { name: "Check error", message: "Error executing check" },
    });
    expect(screening.records[0]).toMatchObject({
      outcome,
      checks: [{ id: "test.0", outcome: "errored" }],
      scanned_segments: 0,
      scanned_characters: 0,
    });
  },
);

test("a check that never answers is errored at the time limit", async () => {
  const guardrail = around([{ run: () => new Promise(() => {}) }], { deny: true });
  const screening = await runGuardrails([guardrail], request("a"), { ...options(), timeoutMs: 5 });
  expect(screening.results[0]?.checks[0]?.error?.message).toBe("the check took longer than 5 ms");
});

test("whatever follows a rewriting check sees what it left, within a guardrail and between them", async () => {
  const guardrails = parse(
    "input",
    { regexReplace: { rule: "a", redactText: "b" }, contains: { words: ["a"], operator: "none" } },
    {
      checks: [
        { id: "regexReplace", parameters: { rule: "b", redactText: "c" } },
        { id: "regexReplace", parameters: { rule: "c", redactText: "d" } },
      ],
    },
    { contains: { words: ["d"] } },
  );
  const screening = await runGuardrails(guardrails, request("xa"), options());
  expect(screening.texts).toEqual(["xd"]);
  expect(screening.results.map(({ verdict }) => verdict)).toEqual([false, true, true]);
});

test("an asynchronous guardrail never rewrites", async () => {
  const screening = await runGuardrails(parse("input", { regexReplace: { rule: "a" }, async: true }), request("a"), options());
  expect(screening).not.toHaveProperty("texts");
  expect(screening.results[0]).toMatchObject({ transformed: false, async: true });
});

test("checks run at the same time, and one after the other where the guardrail says so", async () => {
  const order: string[] = [];
  const slow = (name: string) => ({
    run: async () => {
      order.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 1));
      order.push(`${name} ends`);
      return { outcome: "pass" } as const;
    },
  });
  await runGuardrails([around([slow("a"), slow("b")])], request("x"), options());
  await runGuardrails([around([slow("c"), slow("d")], { sequential: true })], request("x"), options());
  expect(order).toEqual(["a begins", "b begins", "a ends", "b ends", "c begins", "c ends", "d begins", "d ends"]);
});

test("the same check with the same parameters reads the same texts once in a call", async () => {
  let runs = 0;
  const counted = { run: () => ({ outcome: "pass", data: ++runs }) as const };
  const shared = options();
  const guardrails = [around([counted]), around([counted]), around([{ ...counted, fingerprint: "other" }])];
  await runGuardrails(guardrails, request("x"), shared);
  await runGuardrails(guardrails, request("x"), shared);
  expect(runs).toBe(2);
  await runGuardrails(guardrails, request("y"), shared);
  expect(runs).toBe(4);
});

test("the log says how much was scanned and nothing of what was said", async () => {
  const guardrails = parse("input", { contains: { words: ["secret"] } }, { ...none("secret"), deny: true });
  const { records } = await runGuardrails(guardrails, request("a secret", "four"), options());
  expect(records).toEqual([
    expect.objectContaining({ on: "input", outcome: "failed", deny: false, scanned_segments: 1, scanned_characters: 4 }),
    expect.objectContaining({ on: "input", outcome: "failed", deny: true, scanned_segments: 2, scanned_characters: 12 }),
  ]);
  expect(JSON.stringify(records)).not.toContain("secret");
});
