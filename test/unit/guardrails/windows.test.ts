import { expect, test } from "vitest";
import { screenWindows } from "../../../shared/guardrails/windows.ts";
import { around, events, options, parse, split, still, stream } from "./support.ts";

const banned = { contains: { words: ["banned"], operator: "none" }, deny: true };
const filler = (length: number) => split(".".repeat(length), [10]);

test("text flows while it is screened: only as much is held back as a match could need", async () => {
  const streamed = await stream({ guardrails: parse("output", banned) }, events(...filler(200)));
  expect(streamed.releasedEarly).toBeGreaterThanOrEqual(17);
  const redacted = await stream({ guardrails: parse("output", { regexReplace: { rule: "\\d" } }) }, events(...filler(1000)));
  expect(redacted.releasedEarly).toBeGreaterThanOrEqual(100 - Math.ceil((256 + 64) / 10));
});

test("an event that an edit does not touch goes out as it came, and the edit's text stands where the match began", async () => {
  const streamed = await stream(
    { guardrails: parse("output", { regexReplace: { rule: "\\d+", redactText: "#" } }) },
    events("a1", "2", "3b", "c"),
  );
  expect(streamed.released).toEqual([
    { event: 0, text: "a#", isRewritten: true },
    { event: 1, text: "", isRewritten: true },
    { event: 2, text: "b", isRewritten: true },
    { event: 3, text: "c", isRewritten: false },
  ]);
});

test.each([{ deny: false }, { deny: true, async: true }])(
  "a guardrail with %o holds nothing and still gives its verdict on the whole text",
  async (settings) => {
    const streamed = await stream({ guardrails: parse("output", { ...banned, ...settings }) }, events("ban", "ned"));
    expect(streamed).toMatchObject({ releasedEarly: 2, verdict: settings.async ? "passed" : "failed", results: [{ verdict: false }] });
  },
);

test("what must be said is only known at the end, so a denying guardrail holds everything until then", async () => {
  const guardrails = parse("output", { contains: { words: ["bye"] }, deny: true });
  expect(await stream({ guardrails }, events(...filler(2000)))).toMatchObject({ released: [], verdict: "denied" });
  expect(await stream({ guardrails }, events(...filler(2000), "b", "ye"))).toMatchObject({
    releasedEarly: 0,
    verdict: "passed",
    released: { length: 202 },
  });
});

test("a rule with a word boundary sees the whole text, whatever the windows", async () => {
  const guardrails = parse("output", { regexReplace: { rule: "\\bcat\\b", redactText: "#" } });
  const streamed = await stream({ guardrails, windowChars: 1 }, events("con", "cat", " cat", " cat", "s"));
  expect(streamed.texts).toEqual({ text: "concat # cats" });
});

test("a denial in the middle names the guardrail, and what was released before stays clean", async () => {
  const guardrails = parse("output", { contains: { words: ["bye"] } }, { id: "g", ...banned });
  const streamed = await stream({ guardrails }, events(...filler(100), "ban", "ned", ...filler(100)));
  expect(streamed).toMatchObject({
    verdict: "denied",
    results: [{ id: "g", verdict: false }],
    texts: { text: expect.stringMatching(/^\.+$/) },
  });
  expect(streamed.results).toHaveLength(1);
});

test("reasoning that has ended does not hold back the answer", async () => {
  const reasoning = filler(300).map((text) => ["reasoning", text] as const);
  const streamed = await stream({ guardrails: parse("output", { regexReplace: { rule: "\\d" } }) }, events(...reasoning, ...filler(1000)));
  expect(streamed.releasedEarly).toBeGreaterThan(95);
});

test("a channel that was taken to have ended cannot finish what it had begun", async () => {
  const interrupted = [["reasoning", "..ban"], ...filler(300).map((text) => ["text", text]), ["reasoning", "ned"]] as [string, string][];
  const sent = events(...interrupted, ...filler(400));
  const denied = await stream({ guardrails: parse("output", banned) }, sent);
  expect(denied).toMatchObject({ verdict: "denied", texts: { reasoning: "..ban" } });
  expect(denied.released.length).toBeLessThan(32);
  const redacted = await stream(
    { guardrails: parse("output", { regexReplace: { rule: "banned", redactText: "#" } }), windowChars: 1 },
    events(...interrupted),
  );
  expect(redacted.texts["reasoning"]).toBe("..ban#");
});

test("a word is not put together from different channels", async () => {
  const sent = events(["text", "ban"], ["reasoning", "ned"]);
  expect(await stream({ guardrails: parse("output", banned) }, sent)).toMatchObject({
    verdict: "passed",
    texts: { text: "ban", reasoning: "ned" },
  });
});

test("events without text keep their place", async () => {
  const streamed = await stream({ guardrails: parse("output", banned) }, events("", "hello", "", "world", ""));
  expect(streamed.released.map(({ event }) => event)).toEqual([0, 1, 2, 3, 4]);
});

test.each([
  { parameters: { words: ["."] }, verdict: "passed" },
  { parameters: { words: ["."], failOnError: true }, verdict: "denied" },
])("beyond the limit a check that needs the whole text is errored: $parameters is $verdict", async ({ parameters, verdict }) => {
  const guardrails = parse("output", { contains: parameters, deny: true });
  const streamed = await stream({ guardrails, maxHeldChars: 100 }, events(...filler(200)));
  expect(streamed).toMatchObject({
    verdict,
    results: [{ checks: [{ verdict: false, error: { message: "the answer is too long to be held for this check" } }] }],
  });
  expect(streamed.released).toHaveLength(verdict === "passed" ? 20 : 0);
});

test("beyond the limit a rewriting check still rewrites what was held", async () => {
  const guardrails = parse("output", { regexReplace: { rule: "\\bcat\\b", redactText: "#" } });
  const streamed = await stream({ guardrails, maxHeldChars: 100 }, events("cat ", ...filler(150), " cat"));
  expect(streamed.texts["text"]).toBe(`# ${".".repeat(150)} #`);
});

test("each character is read a bounded number of times, even where one match allows no cut", async () => {
  let read = 0;
  const counting = {
    rewrites: true,
    overlap: 256,
    run: (subject: { segments: readonly { text: string }[] }) => {
      const text = subject.segments[0]?.text ?? "";
      read += text.length;
      return { outcome: "rewrite", edits: [{ segment: 0, start: 0, end: text.length, text: "#" }] } as const;
    },
  };
  const streamed = await stream({ guardrails: [around([counting])] }, events(...filler(50_000)));
  expect(streamed.texts["text"]).toBe("#");
  expect(read).toBeLessThan(5 * 50_000);
});

test("a stream without guardrails passes through", async () => {
  const screen = screenWindows<string>({ ...options(), clock: still, guardrails: [] });
  expect(await screen.push([{ event: "a", pieces: [] }])).toEqual({ kind: "released", events: [{ event: "a" }] });
  expect(await screen.finish()).toMatchObject({ events: [], screening: { verdict: "passed", results: [] } });
});
