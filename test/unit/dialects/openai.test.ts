import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../shared/contracts/error.ts";
import type { Json, JsonObject } from "../../../shared/contracts/json.ts";
import { NO_USAGE, type Usage } from "../../../shared/contracts/usage.ts";
import { decodeAnswer, decodeDelta } from "../../../shared/dialects/openai/answer.ts";
import { assembler } from "../../../shared/dialects/openai/assemble.ts";
import { openaiClient } from "../../../shared/dialects/openai/client.ts";
import { openai } from "../../../shared/dialects/openai/provider.ts";
import { decodeUsage } from "../../../shared/dialects/openai/usage.ts";
import { editJson } from "../../../shared/wire/jsonEdit.ts";
import { readEvent } from "../../../shared/wire/serverSentEvents.ts";
import { completion, DONE, event, stopChunk, textChunk, usageChunk } from "../../support/scriptedUpstream.ts";

const bytesOf = (value: unknown): Buffer => Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
const sum = (usage: Usage | undefined): number => Object.values(usage ?? NO_USAGE).reduce((total, tokens) => total + tokens, 0);

describe("decodeUsage", () => {
  test("has every token in one bucket, so that the sum is the provider's total, however its details contradict it", () => {
    const count = fc.oneof(fc.constant(undefined), fc.constant(null), fc.nat({ max: 1000 }));
    const details = fc.record(
      { cached_tokens: count, audio_tokens: count, reasoning_tokens: count, cache_write_tokens: count },
      { requiredKeys: [] },
    );
    const counted = fc.record({
      prompt_tokens: fc.integer({ min: 1, max: 1000 }),
      completion_tokens: fc.nat({ max: 1000 }),
      prompt_tokens_details: fc.option(details),
      completion_tokens_details: fc.option(details),
      cached_tokens: count,
    });
    fc.assert(
      fc.property(counted, fc.nat({ max: 1000 }), (usage, beside) => {
        const total = usage.prompt_tokens + usage.completion_tokens + beside;
        const buckets = decodeUsage({ ...usage, total_tokens: total } as Json);
        expect(sum(buckets)).toBe(total);
        expect(Object.values(buckets ?? {}).every((tokens) => Number.isSafeInteger(tokens) && tokens >= 0)).toBe(true);
      }),
    );
  });

  test.each<[string, JsonObject, Partial<Usage>]>([
    [
      "takes cached, written and heard tokens out of the prompt",
      { prompt_tokens: 100, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 20, audio_tokens: 5 } },
      { input: 15, cachedInput: 60, cacheWrite: 20, inputAudio: 5, output: 1 },
    ],
    [
      "takes thought and spoken tokens out of the completion",
      { prompt_tokens: 1, completion_tokens: 50, completion_tokens_details: { reasoning_tokens: 30, audio_tokens: 15 } },
      { input: 1, output: 5, reasoning: 30, outputAudio: 15 },
    ],
    [
      "leaves the completion as it is where xAI counts reasoning beside it",
      { prompt_tokens: 12, completion_tokens: 1, total_tokens: 241, completion_tokens_details: { reasoning_tokens: 228 } },
      { input: 12, output: 1, reasoning: 228 },
    ],
    [
      "takes as thought what only Google's total counts",
      { prompt_tokens: 35, completion_tokens: 12, total_tokens: 109 },
      { input: 35, output: 12, reasoning: 62 },
    ],
    [
      "reads DeepSeek's cache hits",
      { prompt_tokens: 10, completion_tokens: 0, prompt_cache_hit_tokens: 4, prompt_cache_miss_tokens: 6 },
      { input: 6, cachedInput: 4 },
    ],
    ["reads Mistral's cached tokens", { prompt_tokens: 10, completion_tokens: 0, num_cached_tokens: 4 }, { input: 6, cachedInput: 4 }],
    ["reads Moonshot's cached tokens", { prompt_tokens: 10, completion_tokens: 0, cached_tokens: 4 }, { input: 6, cachedInput: 4 }],
    [
      "counts no more cached tokens than there are in the prompt",
      { prompt_tokens: 7, completion_tokens: 8, total_tokens: 15, prompt_tokens_details: { cached_tokens: 161 } },
      { cachedInput: 7, output: 8 },
    ],
    [
      "counts no more thought than there is in the completion",
      { prompt_tokens: 43, completion_tokens: 10, total_tokens: 53, completion_tokens_details: { reasoning_tokens: 11 } },
      { input: 43, reasoning: 10 },
    ],
    ["takes a total by itself as input", { total_tokens: 9 }, { input: 9 }],
  ])("%s", (_what, usage, buckets) => {
    expect(decodeUsage(usage)).toEqual({ ...NO_USAGE, ...buckets });
  });

  test.each([
    undefined,
    null,
    {},
    { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
    { prompt_tokens: "7" },
    { prompt_tokens: -1 },
    [],
  ])("finds no usage in %j", (usage) => {
    expect(decodeUsage(usage)).toBeUndefined();
  });
});

describe("decodeAnswer", () => {
  test("understands text, thoughts, refusals and tool calls of every choice", () => {
    const call = { id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Paris"}' } };
    const answer = decodeAnswer(
      bytesOf({
        model: "m",
        choices: [
          { index: 0, message: { content: "Hi", reasoning_content: "hm", tool_calls: [call] }, finish_reason: "tool_calls" },
          {
            index: 1,
            message: {
              content: [
                { type: "thinking", thinking: [{ type: "text", text: "so" }] },
                { type: "text", text: "Ho" },
              ],
            },
            finish_reason: "stop",
          },
          { index: 2, message: { content: null, refusal: "No" }, finish_reason: "" },
        ],
      }),
    );
    expect(answer).toEqual({
      model: "m",
      choices: [
        {
          index: 0,
          parts: [
            { kind: "reasoning", text: "hm" },
            { kind: "text", text: "Hi" },
            { kind: "toolCall", id: "call_1", name: "weather", arguments: '{"city":"Paris"}' },
          ],
          finishReason: "tool_calls",
        },
        {
          index: 1,
          parts: [
            { kind: "reasoning", text: "so" },
            { kind: "text", text: "Ho" },
          ],
          finishReason: "stop",
        },
        { index: 2, parts: [{ kind: "refusal", text: "No" }], finishReason: null },
      ],
    });
  });

  test.each([
    [
      { error: { message: "Overloaded", type: "server_error", code: "overloaded" } },
      { message: "Overloaded", type: "server_error", code: "overloaded" },
    ],
    [{ error: { message: "Overloaded", code: 529 } }, { message: "Overloaded", type: null, code: "529", status: 529 }],
    [
      { code: "invalid-argument", error: "wrong" },
      { message: "wrong", type: null, code: "invalid-argument" },
    ],
  ])("sees the error in %j", (body, error) => {
    expect(decodeAnswer(bytesOf(body)).error).toEqual(error);
  });

  test.each(["<html>", "[]", "", "null"])("refuses %j as an answer", (body) => {
    expect(() => decodeAnswer(bytesOf(body))).toThrow(GatewayError);
  });
});

describe("decodeDelta", () => {
  test.each<[string, string, object]>([
    ["says nothing for a comment", ": keep-alive\n\n", { choices: [] }],
    ["says nothing for what is not JSON", "data: hello\n\n", { choices: [] }],
    ["knows the end", DONE, { choices: [], end: true }],
    [
      "reads Groq's usage",
      event({ choices: [], x_groq: { usage: { prompt_tokens: 1, completion_tokens: 2 } } }),
      { usage: { input: 1, output: 2 } },
    ],
    [
      "takes an empty finish reason for none",
      event({ choices: [{ index: 0, delta: { content: "a" }, finish_reason: "" }] }),
      { choices: [{ index: 0, text: "a" }] },
    ],
    [
      "takes a legacy function call for a tool call",
      event({ choices: [{ index: 0, delta: { function_call: { name: "f", arguments: "{" } } }] }),
      { choices: [{ toolCalls: [{ index: 0, name: "f", arguments: "{" }] }] },
    ],
    [
      "reads Mistral's thoughts",
      event({ choices: [{ index: 0, delta: { content: [{ type: "thinking", thinking: [{ type: "text", text: "so" }] }] } }] }),
      { choices: [{ reasoning: "so" }] },
    ],
    [
      "takes an event named error for one, in JSON of any shape",
      'event: error\ndata: {"message":"no","code":503}\n\n',
      { error: { message: "no", type: null, code: "503" } },
    ],
    ["takes an event named error for one, in plain text", "event: error\ndata: no\n\n", { error: { message: "no" } }],
  ])("%s", (_what, text, delta) => {
    expect(decodeDelta(bytesOf(text))).toMatchObject(delta);
  });
});

describe("decodeEvents", () => {
  const codec = openai.operations.chat;
  if (!codec) throw new Error("OpenAI's dialect has chat");

  /** What comes out of a stream until it ends or throws. */
  async function decoded(chunks: readonly string[], withholdUsage = false) {
    const released: string[] = [];
    const withheld: string[] = [];
    async function* source() {
      yield* chunks.map(bytesOf);
    }
    try {
      for await (const batch of codec?.decodeEvents(source(), { withholdUsage }) ?? []) {
        for (const given of batch) (given.withheld ? withheld : released).push(String(given.bytes));
      }
      return { released, withheld };
    } catch (thrown) {
      return { released, withheld, thrown: thrown instanceof GatewayError ? thrown.code : thrown };
    }
  }
  const failure = event({ error: { message: "Overloaded", type: "server_error" } });

  test("gives every event as it came, and withholds the usage that only the gateway asked for", async () => {
    const told = [textChunk("Hel"), textChunk("lo"), stopChunk];
    expect(await decoded([...told, usageChunk, DONE], true)).toEqual({ released: [...told, DONE], withheld: [usageChunk] });
    expect(await decoded([[...told, usageChunk, DONE].join("")], false)).toEqual({ released: [...told, usageChunk, DONE], withheld: [] });
  });

  test.each([
    ["in chunks of their own", [textChunk("a"), failure, DONE]],
    ["in one chunk", [[textChunk("a"), failure, DONE].join("")]],
  ])("gives what came before an error and the error, then throws, and releases no [DONE]: %s", async (_how, chunks) => {
    expect(await decoded(chunks)).toEqual({ released: [textChunk("a"), failure], withheld: [], thrown: "upstream_cut" });
  });

  test.each([
    ["without an end and without a finish reason", [textChunk("a")], [textChunk("a")]],
    ["in the middle of an event, which is not given", [textChunk("a"), textChunk("b").slice(0, -9)], [textChunk("a")]],
    ["without the last blank line, which is added", [textChunk("a"), textChunk("b").trimEnd()], [textChunk("a"), textChunk("b")]],
  ])("calls a stream cut that ends %s", async (_how, chunks, released) => {
    const given = await decoded(chunks);
    expect(given.thrown).toBe("upstream_cut");
    expect(given.released.map((text) => `${text.trimEnd()}\n\n`)).toEqual(released);
    expect(given.released.every((text) => text.endsWith("\n\n"))).toBe(true);
  });

  test.each([
    ["a finish reason and no [DONE]", [textChunk("a"), stopChunk]],
    ["[DONE] and no finish reason", [textChunk("a"), DONE]],
    ["[DONE] without its blank line", [textChunk("a"), DONE.trimEnd()]],
    ["usage without its blank line, behind the finish reason", [textChunk("a"), stopChunk, usageChunk.trimEnd()]],
  ])("takes %s for a good end, and changes no byte", async (_what, chunks) => {
    expect(await decoded(chunks)).toEqual({ released: chunks, withheld: [] });
  });
});

/** The whole answer that a client's SDK would have got without streaming. */
function assembled(operation: "chat" | "completions", events: readonly (string | Uint8Array)[]): JsonObject {
  const pieces = assembler(operation);
  for (const given of events) pieces.push(decodeDelta(Buffer.from(given)));
  return JSON.parse(JSON.stringify(pieces.whole())) as JsonObject;
}
const chunk = (delta: JsonObject, rest: JsonObject = {}): string =>
  event({ id: "c", object: "chat.completion.chunk", choices: [{ index: 0, delta, ...rest }] });
const messageOf = (whole: JsonObject): Json => ((whole.choices as readonly JsonObject[])[0]?.message ?? null) as Json;

describe("assembler", () => {
  test("puts a stream together to the answer without streaming", () => {
    expect(assembled("chat", [textChunk("Hel"), textChunk("lo"), stopChunk, usageChunk, DONE])).toEqual({
      ...completion("Hello"),
      choices: [{ index: 0, message: { content: "Hello" }, finish_reason: "stop" }],
    });
  });

  test("pairs the pieces of tool calls by their index", () => {
    const piece = (index: number, call: JsonObject) => chunk({ tool_calls: [{ index, ...call }] });
    const events = [
      piece(0, { id: "a", type: "function", function: { name: "f", arguments: "" } }),
      piece(1, { id: "b", type: "function", function: { name: "g", arguments: '{"x"' } }),
      piece(0, { function: { arguments: "{}" } }),
      piece(1, { function: { arguments: ":1}" } }),
    ];
    expect(messageOf(assembled("chat", events))).toEqual({
      tool_calls: [
        { id: "a", type: "function", function: { name: "f", arguments: "{}" } },
        { id: "b", type: "function", function: { name: "g", arguments: '{"x":1}' } },
      ],
    });
  });

  test.each([
    ["no index", {}],
    ["always the index 0", { index: 0 }],
  ])("keeps whole tool calls apart that have %s", (_what, index) => {
    const call = (id: string) => ({ id, function: { name: "f", arguments: "{}" } });
    const events = ["a", "b"].map((id) => chunk({ tool_calls: [{ ...index, ...call(id) }] }));
    expect(messageOf(assembled("chat", events))).toEqual({ tool_calls: [call("a"), call("b")] });
  });

  test("takes a new id without a name for another piece of the same call", () => {
    const events = [
      chunk({ tool_calls: [{ index: 0, id: "a", function: { name: "f", arguments: "{" } }] }),
      chunk({ tool_calls: [{ index: 0, id: "b", function: { arguments: "}" } }] }),
    ];
    expect(messageOf(assembled("chat", events))).toMatchObject({ tool_calls: [{ function: { name: "f", arguments: "{}" } }] });
  });

  test("joins Mistral's thoughts and the strings behind them", () => {
    const thinking = (text: string) => [{ type: "thinking", thinking: [{ type: "text", text }] }];
    const events = [
      chunk({ content: "" }),
      chunk({ content: thinking("2+2 ") }),
      chunk({ content: thinking("is 4") }),
      chunk({ content: "It is " }),
      chunk({ content: "4." }),
    ];
    expect(messageOf(assembled("chat", events))).toEqual({ content: [...thinking("2+2 is 4"), { type: "text", text: "It is 4." }] });
  });

  test("counts once what Writer says twice, as delta and as message", () => {
    const events = ["The", " end"].map((content) => chunk({ content }, { message: { content } }));
    expect(messageOf(assembled("chat", events))).toEqual({ content: "The end" });
  });

  test("lets no empty value of a later chunk replace a value, and no empty first chunk stand in the way of one", () => {
    const events = [
      event({ id: "", model: "", choices: [] }),
      event({ id: "c", model: "m", choices: [] }),
      event({ id: "", model: "m", choices: [] }),
    ];
    expect(assembled("chat", events)).toMatchObject({ id: "c", model: "m" });
  });

  test("takes a member __proto__ for a member, and leaves the process alone", () => {
    const hostile =
      '{"choices":[{"index":0,"delta":{"__proto__":{"polluted":1},"x":{"__proto__":{"polluted":1}}}}],"__proto__":{"polluted":1}}';
    const pieces = assembler("chat");
    for (const _time of [1, 2]) pieces.push(decodeDelta(bytesOf(event(hostile))));
    expect(JSON.stringify(messageOf(pieces.whole()))).toBe('{"__proto__":{"polluted":1},"x":{"__proto__":{"polluted":1}}}');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe("eventsOf", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 20 });
  const scalar = fc.oneof(text, fc.integer(), fc.constant(null), fc.boolean());
  const call = fc.record(
    {
      id: text,
      type: fc.constant("function"),
      function: fc.record({ name: text, arguments: fc.json() }),
      extra_content: fc.dictionary(text, scalar, { maxKeys: 2 }),
    },
    { requiredKeys: ["id", "type", "function"] },
  );
  const contentParts = fc.array(fc.record({ type: fc.constantFrom("text", "thinking"), text }), { minLength: 1, maxLength: 3 });
  const message = fc.record(
    {
      role: fc.constant("assistant"),
      content: fc.oneof(fc.option(text), contentParts),
      refusal: fc.option(text),
      reasoning_content: text,
      annotations: fc.array(fc.record({ type: fc.constant("url_citation"), url: fc.webUrl() }), { maxLength: 2 }),
      audio: fc.record({ id: text, data: text, transcript: text }),
      function_call: fc.record({ name: text, arguments: text }),
      tool_calls: fc.option(fc.array(call, { maxLength: 3 })),
    },
    { requiredKeys: ["role", "content"] },
  );
  const logprobs = fc.option(
    fc.record({
      content: fc.option(fc.array(fc.record({ token: text, logprob: fc.integer() }), { maxLength: 2 })),
      refusal: fc.constant(null),
    }),
  );
  const usage = fc.record({ prompt_tokens: fc.nat(), completion_tokens: fc.nat(), total_tokens: fc.nat() });
  const head = { id: text, created: fc.nat(), model: text, system_fingerprint: fc.option(text), service_tier: fc.option(text), usage };
  const numbered = <Choice>(choices: readonly Choice[]) => choices.map((choice, index) => ({ index, ...choice }));
  const finish = fc.constantFrom("stop", "length", "tool_calls", null);

  const chatAnswer = fc.record({
    ...head,
    object: fc.constant("chat.completion"),
    choices: fc
      .array(fc.record({ message, logprobs, finish_reason: finish }, { requiredKeys: ["message", "finish_reason"] }), { maxLength: 3 })
      .map(numbered),
  });
  const textAnswer = fc.record({
    ...head,
    object: fc.constant("text_completion"),
    choices: fc.array(fc.record({ text, logprobs: fc.constant(null), finish_reason: finish }), { maxLength: 3 }).map(numbered),
  });

  test.each([
    ["chat", chatAnswer],
    ["completions", textAnswer],
  ] as const)("makes of a %s answer a stream that comes to the same answer", (operation, answers: fc.Arbitrary<object>) => {
    fc.assert(
      fc.property(answers, (answer) => {
        const body = JSON.parse(JSON.stringify(answer)) as JsonObject;
        expect(assembled(operation, openaiClient.eventsOf(operation, body, { includeUsage: true }))).toEqual(body);
      }),
      { numRuns: 500 },
    );
  });

  test("tells the usage only where it was asked for", () => {
    const events = openaiClient
      .eventsOf("chat", { ...completion("Hello"), usage: { total_tokens: 1 } }, { includeUsage: false })
      .map(String);
    expect(events.join("")).not.toContain("usage");
    expect(events.at(-1)).toBe(DONE);
  });
});

describe("texts", () => {
  const request: JsonObject = {
    messages: [
      { role: "system", content: "Be kind" },
      {
        role: "user",
        content: [
          { type: "text", text: "What is" },
          { type: "image_url", image_url: { url: "data:" } },
          { type: "text", text: "this?" },
        ],
      },
      { role: "assistant", content: null, tool_calls: [{ id: "a", function: { name: "f", arguments: '{"q":1}' } }] },
      { role: "tool", tool_call_id: "a", content: "a fox" },
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: [{ type: "text", text: "hm" }] },
          { type: "refusal", refusal: "no" },
        ],
      },
      { role: "assistant", content: null, function_call: { name: "f", arguments: "{}" } },
      { role: "user", content: "And now?" },
    ],
  };

  test("of a chat request are all that somebody wrote, with who did and where", () => {
    const { slots, newest } = openaiClient.requestTexts("chat", request);
    expect(slots.map(({ path, segment: { role, kind, text } }) => [path.join("."), role, kind, text])).toEqual([
      ["messages.0.content", "system", "text", "Be kind"],
      ["messages.1.content.0.text", "user", "text", "What is"],
      ["messages.1.content.2.text", "user", "text", "this?"],
      ["messages.2.tool_calls.0.function.arguments", "assistant", "toolArguments", '{"q":1}'],
      ["messages.3.content", "tool", "toolResult", "a fox"],
      ["messages.4.content.0.thinking.0.text", "assistant", "reasoning", "hm"],
      ["messages.4.content.1.refusal", "assistant", "refusal", "no"],
      ["messages.5.function_call.arguments", "assistant", "toolArguments", "{}"],
      ["messages.6.content", "user", "text", "And now?"],
    ]);
    expect(newest).toBe(8);
  });

  test.each([
    ["completions", { prompt: "Once", suffix: "end." }, ["prompt", "suffix"]],
    ["completions", { prompt: ["a", "b"] }, ["prompt.0", "prompt.1"]],
    ["completions", { prompt: [[1, 2]] }, []],
    ["embeddings", { input: ["a", "b"] }, ["input.0", "input.1"]],
  ] as const)("of a request for %s, %j, stand at %j", (operation, body, paths) => {
    expect(openaiClient.requestTexts(operation, body).slots.map(({ path }) => path.join("."))).toEqual(paths);
  });

  test("stand where their path leads: each can be replaced by itself", () => {
    const { slots } = openaiClient.requestTexts("chat", request);
    for (const { path, segment } of slots) {
      const rewritten = JSON.parse(String(Buffer.from(editJson(bytesOf(request), [{ path, value: "REWRITTEN" }])))) as JsonObject;
      const texts = openaiClient.requestTexts("chat", rewritten).slots;
      expect(texts.filter((slot) => slot.segment.text === "REWRITTEN").map((slot) => slot.path)).toEqual([path]);
      expect(texts.map((slot) => slot.segment.text).includes(segment.text)).toBe(false);
    }
  });

  test("of an answer are those of all its choices", () => {
    const answer = {
      choices: [
        { message: { content: "Hi", refusal: null, reasoning: "hm" } },
        { text: "Ho" },
        { message: { tool_calls: [{ custom: { name: "m", input: "4+4" } }] } },
        {},
      ],
    };
    expect(openaiClient.answerTexts(answer).map(({ path, segment: { kind, text } }) => [path.join("."), kind, text])).toEqual([
      ["choices.0.message.reasoning", "reasoning", "hm"],
      ["choices.0.message.content", "text", "Hi"],
      ["choices.1.text", "text", "Ho"],
      ["choices.2.message.tool_calls.0.custom.input", "toolArguments", "4+4"],
    ]);
  });

  test("of an event are told apart by the channel in which each grows", () => {
    const choices = [
      { index: 1, delta: { content: "Hi", reasoning_content: "hm", tool_calls: [{ index: 2, function: { arguments: "{" } }] } },
      {
        index: 0,
        delta: {
          content: [
            { type: "thinking", thinking: [{ type: "text", text: "so" }] },
            { type: "text", text: "Ho" },
          ],
        },
      },
      { index: 2, text: "old" },
    ];
    expect(
      openaiClient.eventTexts(decodeDelta(bytesOf(event({ choices })))).map(({ channel, path, text }) => [channel, path.join("."), text]),
    ).toEqual([
      ["1.reasoning_content", "choices.0.delta.reasoning_content", "hm"],
      ["1.content", "choices.0.delta.content", "Hi"],
      ["1.tool_calls.2", "choices.0.delta.tool_calls.0.function.arguments", "{"],
      ["0.content.thinking", "choices.1.delta.content.0.thinking.0.text", "so"],
      ["0.content", "choices.1.delta.content.1.text", "Ho"],
      ["2.text", "choices.2.text", "old"],
    ]);
  });

  test("of an event are replaced with every other byte as it was", () => {
    const given = decodeDelta(bytesOf(textChunk("secret")));
    const path = openaiClient.eventTexts(given)[0]?.path ?? [];
    const rewritten = openaiClient.rewriteEvent({ bytes: bytesOf(textChunk("secret")), delta: () => given }, [{ path, value: "******" }]);
    expect(String(rewritten.bytes)).toBe(textChunk("******"));
    expect(rewritten.delta().choices[0]?.text).toBe("******");
  });
});

describe("errors", () => {
  const error = new GatewayError("rate_limited", "too much", { remedy: "Wait" });

  test("have OpenAI's shape, and the gateway's own beside it", () => {
    const body = {
      error: { message: "too much. Wait", type: "rate_limit_error", param: null, code: "rate_limited" },
      gatehouse: { request_id: "req_1", remedy: "Wait" },
    };
    expect(JSON.parse(String(openaiClient.error(error, "req_1")))).toEqual(body);
    expect(JSON.parse(readEvent(openaiClient.errorEvent(error, "req_1")).data ?? "")).toEqual(body);
  });

  test.each([
    [{ error: { message: "no", type: "t", code: null } }, "no"],
    [{ message: "no" }, "no"],
    [{ detail: "Unauthorized" }, "Unauthorized"],
    ["<html>", "the provider reported an error"],
  ])("of providers are read in every known shape: %j", (body, message) => {
    expect(openai.error(bytesOf(body)).message).toBe(message);
  });
});
