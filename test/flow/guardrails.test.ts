import { afterEach, describe, expect, test } from "vitest";
import { type TestGateway, type TestGatewayOptions, testGateway } from "../support/gateway.ts";
import {
  always,
  completion,
  DONE,
  event,
  inTurn,
  type Script,
  stopChunk,
  streaming,
  textChunk,
  usageChunk,
} from "../support/scriptedUpstream.ts";

let gateway: TestGateway;
afterEach(() => gateway.close());

const noBomb = { id: "no-bombs", "default.contains": { words: ["bomb"], operator: "none" } };
const hideCards = { id: "cards", "default.regexReplace": { rule: "\\d{4}-\\d{4}", redactText: "[CARD]" } };
const config = (document: object) => ({ "x-portkey-config": JSON.stringify(document) });
const asks = (content: unknown) => ({ messages: [{ role: "user", content }] });
const says = (content: string): TestGatewayOptions => ({ upstream: always(completion(content)) });
const streams = (...texts: readonly string[]): TestGatewayOptions => ({
  upstream: streaming([...texts.map(textChunk), stopChunk, usageChunk, DONE]),
});

interface Hook {
  readonly id: string;
  readonly verdict: boolean;
  readonly transformed: boolean;
  readonly async: boolean;
  readonly checks: readonly Record<string, unknown>[];
  readonly feedback: unknown;
}
interface Body {
  readonly choices?: readonly { readonly message: { readonly content: string }; readonly text?: string }[];
  readonly error?: { readonly message: string; readonly type: string; readonly code: string };
  readonly hook_results?: { readonly before_request_hooks: readonly Hook[]; readonly after_request_hooks: readonly Hook[] };
}
const bodyOf = async (response: Response): Promise<Body> => (await response.json()) as Body;

/** What a reader of the stream puts together, and the events that are not part of the answer. */
async function readStream(response: Response) {
  const bytes = await response.text();
  const data = bytes.split("\n\n").flatMap((block) => (block.startsWith("data: ") ? [block.slice(6)] : []));
  const bodies = data
    .filter((line) => line !== "[DONE]")
    .map(
      (line) =>
        JSON.parse(line) as { choices?: { delta: { content?: string } }[]; error?: { code: string }; hook_results?: Body["hook_results"] },
    );
  return {
    bytes,
    text: bodies.flatMap(({ choices = [] }) => choices.map(({ delta }) => delta.content ?? "")).join(""),
    isDone: data.at(-1) === "[DONE]",
    error: bodies.find(({ error }) => error)?.error,
    hooks: bodies.flatMap(({ hook_results: results }) => (results ? [results] : [])),
    order: data.map((line) => (line === "[DONE]" ? "done" : line.includes("hook_results") ? "hooks" : "event")),
  };
}

describe("what the client says", () => {
  test("is passed with its verdict in the body when the check is content", async () => {
    gateway = await testGateway();
    const response = await gateway.chat(asks("flowers"), config({ input_guardrails: [noBomb] }));
    expect(response.status).toBe(200);
    const { hook_results: hooks, choices } = await bodyOf(response);
    expect(choices?.[0]?.message.content).toBe("Hello");
    expect(hooks?.before_request_hooks).toMatchObject([{ id: "no-bombs", verdict: true }]);
    expect(hooks?.after_request_hooks).toEqual([]);
  });

  test("is answered as 246 when a check fails that does not deny", async () => {
    gateway = await testGateway();
    const response = await gateway.chat(asks("a bomb"), config({ input_guardrails: [noBomb] }));
    expect(response.status).toBe(246);
    expect((await bodyOf(response)).hook_results?.before_request_hooks).toMatchObject([{ verdict: false }]);
    expect(gateway.upstream.seen).toHaveLength(1);
    expect((await gateway.calls())[0]).toMatchObject({
      status: 246,
      end: "complete",
      guardrails: [{ id: "no-bombs", on: "input", outcome: "failed", deny: false }],
    });
  });

  test("is refused as 446 when a check denies, and nothing is sent to the provider", async () => {
    gateway = await testGateway();
    const response = await gateway.chat(asks("a bomb"), config({ input_guardrails: [{ ...noBomb, deny: true }] }));
    expect(response.status).toBe(446);
    expect((await bodyOf(response)).error).toEqual({
      message: "The guardrail checks defined in the config failed. You can find more information in the `hook_results` object.",
      type: "hooks_failed",
      param: null,
      code: "guardrail_denied",
    });
    expect(gateway.upstream.seen).toHaveLength(0);
    expect((await gateway.calls())[0]).toMatchObject({
      status: 446,
      end: "refused",
      error_code: "guardrail_denied",
      attempts: [],
      charged_cost_nano_usd: 0,
    });
  });

  test("is refused as 446 with the same body when a stream was asked for", async () => {
    gateway = await testGateway();
    const response = await gateway.chat({ ...asks("a bomb"), stream: true }, config({ input_guardrails: [{ ...noBomb, deny: true }] }));
    expect(response.status).toBe(446);
    expect(response.headers.get("content-type")).toContain("application/json");
    expect((await bodyOf(response)).hook_results?.before_request_hooks).toHaveLength(1);
  });

  test("is told about in exactly Portkey's shape", async () => {
    gateway = await testGateway();
    const guardrail = {
      "default.contains": { words: ["bomb"], operator: "none" },
      deny: true,
      on_fail: { feedback: { value: -5, weight: 2, metadata: { why: "danger" } } },
    };
    const { hook_results: hooks } = await bodyOf(await gateway.chat(asks("a bomb"), config({ before_request_hooks: [guardrail] })));
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(hooks).toEqual({
      before_request_hooks: [
        {
          verdict: false,
          id: expect.stringMatching(/^input_guardrail_\w+$/),
          transformed: false,
          checks: [
            {
              data: { explanation: "Check failed for 'none' words.", missingWords: [], foundWords: ["bomb"], operator: "none" },
              verdict: false,
              id: "default.contains",
              execution_time: expect.any(Number),
              transformed: false,
              created_at: time,
              log: null,
              fail_on_error: false,
            },
          ],
          feedback: {
            value: -5,
            weight: 2,
            metadata: { why: "danger", successfulChecks: "", failedChecks: "default.contains", erroredChecks: "" },
          },
          execution_time: expect.any(Number),
          async: false,
          type: "guardrail",
          created_at: time,
          deny: true,
        },
      ],
      after_request_hooks: [],
    });
  });

  test("is rewritten on its way, and no other byte of it is", async () => {
    gateway = await testGateway();
    const text =
      '{ "seed":12345678901234567890, "model":"gpt-4o" ,"messages":[{"role":"system","content":"Card \\u00e9 1111-2222."},{"role":"user","content":[{"type":"text","text":"and 3333-4444"},{"type":"image_url","image_url":{"url":"data:1111-2222"}}]}] }';
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-api-key": "test-key-of-a-test-gateway",
        ...config({ input_guardrails: [hideCards] }),
      },
      body: text,
    });
    expect(response.status).toBe(200);
    expect(gateway.upstream.seen[0]?.bytes.toString()).toBe(
      '{ "seed":12345678901234567890, "model":"gpt-4o" ,"messages":[{"role":"system","content":"Card é [CARD]."},{"role":"user","content":[{"type":"text","text":"and [CARD]"},{"type":"image_url","image_url":{"url":"data:1111-2222"}}]}] }',
    );
    expect((await bodyOf(response)).hook_results?.before_request_hooks).toMatchObject([{ id: "cards", verdict: true, transformed: true }]);
  });

  test.each([
    [{ "default.regexMatch": { rule: "^\\w+$" } }, "two words", 446],
    [{ "default.regexMatch": { rule: "^\\w+$" } }, "word", 200],
    [{ "default.regexMatch": { rule: "b[o0]mb", not: true } }, "a b0mb", 446],
    [{ "default.contains": { words: ["please", "thanks"], operator: "all" } }, "please", 446],
    [{ "default.contains": { words: ["please", "thanks"], operator: "all" } }, "please and thanks", 200],
    [{ contains: { words: ["please"] } }, "do it", 446],
    [{ "default.regexReplace": { rule: "/SECRET/i", failOnDetection: true } }, "a secret", 446],
    [{ checks: [{ id: "default.contains", parameters: { words: ["bomb"], operator: "none" } }] }, "a bomb", 446],
    [{ checks: [{ id: "default.contains", parameters: { words: ["bomb"], operator: "none" }, is_enabled: false }] }, "a bomb", 200],
  ])("is judged by %j: %s → %i", async (guardrail, text, status) => {
    gateway = await testGateway();
    expect((await gateway.chat(asks(text), config({ input_guardrails: [{ ...guardrail, deny: true }] }))).status).toBe(status);
  });

  test("is judged in every message for what must not occur", async () => {
    gateway = await testGateway();
    const messages = [
      { role: "user", content: "a bomb" },
      { role: "assistant", content: "no" },
      { role: "user", content: "why?" },
    ];
    expect((await gateway.chat({ messages }, config({ input_guardrails: [{ ...noBomb, deny: true }] }))).status).toBe(446);
  });

  test.each([
    ["/v1/completions", { prompt: "a bomb" }],
    ["/v1/completions", { prompt: ["flowers", "a bomb"] }],
    ["/v1/embeddings", { input: "a bomb" }],
    ["/v1/embeddings", { input: ["flowers", "a bomb"] }],
  ])("is judged on %s too: %j", async (path, body) => {
    gateway = await testGateway();
    expect((await gateway.post(path, { model: "gpt-4o", ...body }, config({ input_guardrails: [{ ...noBomb, deny: true }] }))).status).toBe(
      446,
    );
    expect(
      (await gateway.post(path, { model: "gpt-4o", ...body }, config({ input_guardrails: [{ "default.regexReplace": { rule: "bomb" } }] })))
        .status,
    ).toBe(200);
    expect(gateway.upstream.seen[0]?.bytes.toString()).not.toContain("bomb");
  });
});

describe("a whole answer", () => {
  test("is 246 when a check fails that does not deny", async () => {
    gateway = await testGateway(says("a bomb"));
    const response = await gateway.chat({}, config({ output_guardrails: [noBomb] }));
    expect(response.status).toBe(246);
    const { hook_results: hooks, choices } = await bodyOf(response);
    expect(choices?.[0]?.message.content).toBe("a bomb");
    expect(hooks).toMatchObject({ before_request_hooks: [], after_request_hooks: [{ verdict: false }] });
  });

  test("is replaced by a 446 when a check denies, and is paid for", async () => {
    gateway = await testGateway(says("a bomb"));
    const response = await gateway.chat({}, config({ after_request_hooks: [{ ...noBomb, deny: true }] }));
    expect(response.status).toBe(446);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({
      error: { type: "hooks_failed" },
      hook_results: { before_request_hooks: [], after_request_hooks: [{ verdict: false, deny: true }] },
    });
    expect(text).not.toContain("a bomb");
    expect((await gateway.calls())[0]).toMatchObject({
      status: 446,
      end: "refused",
      tokens: { input: 9, output: 3 },
      charged_cost_nano_usd: 3150,
    });
  });

  test("has what is redacted replaced in place, in every choice", async () => {
    const choice = completion("").choices[0];
    const choices = ["card 1111-2222", "none", "1111-2222 and 3333-4444"].map((content, index) => ({
      ...choice,
      index,
      message: { role: "assistant", content },
    }));
    gateway = await testGateway({ upstream: always({ ...completion(""), choices }) });
    const response = await gateway.chat({ n: 3 }, config({ output_guardrails: [hideCards] }));
    expect(response.status).toBe(200);
    const body = await bodyOf(response);
    expect(body.choices?.map(({ message }) => message.content)).toEqual(["card [CARD]", "none", "[CARD] and [CARD]"]);
    expect(body).toMatchObject({ id: "chatcmpl-1", hook_results: { after_request_hooks: [{ transformed: true, verdict: true }] } });
  });

  test("of a completion is judged too", async () => {
    gateway = await testGateway({
      upstream: always({
        id: "cmpl-1",
        object: "text_completion",
        model: "m",
        choices: [{ index: 0, text: "a bomb", finish_reason: "stop" }],
      }),
    });
    expect(
      (await gateway.post("/v1/completions", { model: "m", prompt: "x" }, config({ output_guardrails: [{ ...noBomb, deny: true }] })))
        .status,
    ).toBe(446);
  });

  test("that failed has nothing to be judged", async () => {
    gateway = await testGateway({ upstream: always({ error: { message: "a bomb" } }, 500) });
    const response = await gateway.chat({}, config({ output_guardrails: [{ ...noBomb, deny: true }] }));
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({ error: { message: "a bomb" } });
  });
});

describe("a stream", () => {
  test("passes when its checks are content, each event as it came", async () => {
    gateway = await testGateway(streams("flow", "ers"));
    const response = await gateway.chat({ stream: true }, config({ output_guardrails: [{ ...noBomb, deny: true }] }));
    expect(response.status).toBe(200);
    expect(await response.text()).toBe([textChunk("flow"), textChunk("ers"), stopChunk, DONE].join(""));
  });

  test("that is denied before its first text is a plain 446", async () => {
    gateway = await testGateway(streams("bo", "mb"));
    const response = await gateway.chat({ stream: true }, config({ output_guardrails: [{ ...noBomb, deny: true }] }));
    expect(response.status).toBe(446);
    expect(response.headers.get("content-type")).toContain("application/json");
    expect((await bodyOf(response)).hook_results?.after_request_hooks).toMatchObject([{ id: "no-bombs", verdict: false, deny: true }]);
  });

  test("that is denied in the middle breaks off with an error event, and nothing banned was ever sent", async () => {
    const harmless = Array.from({ length: 40 }, (_, index) => `harmless ${index} `);
    gateway = await testGateway(streams(...harmless, "a b", "o", "m", "b goes off", ...harmless));
    const response = await gateway.chat({ stream: true }, config({ output_guardrails: [{ ...noBomb, deny: true }] }));
    expect(response.status).toBe(200);
    const { bytes, text, isDone, error } = await readStream(response);
    expect(text.startsWith("harmless 0 harmless 1 ")).toBe(true);
    expect(text).not.toContain("bomb");
    expect(text).not.toContain("goes off");
    expect(isDone).toBe(false);
    expect(error).toMatchObject({ code: "guardrail_denied" });
    expect(bytes.indexOf("guardrail_denied")).toBeGreaterThan(bytes.lastIndexOf("harmless"));
    expect((await gateway.calls())[0]).toMatchObject({
      end: "refused",
      error_code: "guardrail_denied",
      guardrails: [{ id: "no-bombs", on: "output", outcome: "failed" }],
    });
  });

  test.each([1, 2, 3, 5, 9])("is denied however its text is cut: %i characters a piece", async (size) => {
    const text = `${"harmless ".repeat(30)}a bomb ${"harmless ".repeat(30)}`;
    gateway = await testGateway(streams(...(text.match(new RegExp(`.{1,${size}}`, "gs")) ?? [])));
    const { text: received, isDone } = await readStream(
      await gateway.chat({ stream: true }, config({ output_guardrails: [{ ...noBomb, deny: true }] })),
    );
    expect(text.startsWith(received)).toBe(true);
    expect(received).not.toContain("bomb");
    expect(isDone).toBe(false);
  });

  test.each([1, 3, 7])("has what is redacted replaced however its text is cut: %i characters a piece", async (size) => {
    const text = `card 1111-2222, ${"words and words, ".repeat(40)}again 3333-4444`;
    gateway = await testGateway(streams(...(text.match(new RegExp(`.{1,${size}}`, "gs")) ?? [])));
    const { text: received, isDone } = await readStream(await gateway.chat({ stream: true }, config({ output_guardrails: [hideCards] })));
    expect(received).toBe(text.replaceAll(/\d{4}-\d{4}/g, "[CARD]"));
    expect(isDone).toBe(true);
  });

  test("is 246 when a check of the input failed without denying", async () => {
    gateway = await testGateway(streams("Hello"));
    const response = await gateway.chat({ ...asks("a bomb"), stream: true }, config({ input_guardrails: [noBomb] }));
    expect(response.status).toBe(246);
    expect((await readStream(response)).text).toBe("Hello");
  });

  test("begins with the results of the input for clients that are lenient, and only for them", async () => {
    gateway = await testGateway(streams("Hello"));
    const guarded = config({ input_guardrails: [noBomb] });
    const lenient = await readStream(await gateway.chat({ stream: true }, { ...guarded, "x-portkey-strict-open-ai-compliance": "false" }));
    expect(lenient.order).toEqual(["hooks", "event", "event", "done"]);
    expect(lenient.hooks[0]?.before_request_hooks).toMatchObject([{ id: "no-bombs", verdict: true }]);
    const strict = await readStream(await gateway.chat({ stream: true }, { ...guarded, "x-portkey-strict-open-ai-compliance": "true" }));
    expect(strict.order).toEqual(["event", "event", "done"]);
  });

  test("ends with the results of the output for clients that are lenient", async () => {
    gateway = await testGateway(streams("a bo", "mb"));
    const { order, hooks } = await readStream(
      await gateway.chat(
        { stream: true },
        { ...config({ output_guardrails: [noBomb] }), "x-gatehouse-strict-open-ai-compliance": "false" },
      ),
    );
    expect(order.slice(-2)).toEqual(["hooks", "done"]);
    expect(hooks.at(-1)?.after_request_hooks).toMatchObject([{ id: "no-bombs", verdict: false }]);
  });

  test("of tool calls and reasoning is judged too", async () => {
    const delta = (change: object) =>
      event({ id: "c", object: "chat.completion.chunk", model: "m", choices: [{ index: 0, delta: change, finish_reason: null }] });
    const pieces = [delta({ reasoning_content: "think of a bo" }), delta({ reasoning_content: "mb" }), textChunk("Hello"), stopChunk, DONE];
    gateway = await testGateway({
      upstream: inTurn(
        streaming(pieces),
        streaming([
          delta({ tool_calls: [{ index: 0, id: "t", type: "function", function: { name: "f", arguments: '{"a":"bo' } }] }),
          delta({ tool_calls: [{ index: 0, function: { arguments: 'mb"}' } }] }),
          stopChunk,
          DONE,
        ]),
      ),
    });
    const guarded = config({ output_guardrails: [{ ...noBomb, deny: true }] });
    expect((await gateway.chat({ stream: true }, guarded)).status).toBe(446);
    expect((await gateway.chat({ stream: true }, guarded)).status).toBe(446);
  });
});

describe("an asynchronous guardrail", () => {
  const watching = { ...noBomb, deny: true, async: true };

  test("changes nothing for the client, whole", async () => {
    gateway = await testGateway(says("a bomb"));
    const response = await gateway.chat(
      asks("a bomb"),
      config({ input_guardrails: [watching], output_guardrails: [watching, { ...hideCards, async: true }] }),
    );
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(JSON.stringify(completion("a bomb")));
    expect((await gateway.calls())[0]?.guardrails).toMatchObject([
      { on: "input", outcome: "failed", async: true },
      { on: "output", outcome: "failed", async: true },
      { id: "cards", outcome: "passed" },
    ]);
  });

  test("changes nothing for the client, streamed", async () => {
    gateway = await testGateway(streams("a bo", "mb"));
    const response = await gateway.chat({ stream: true }, config({ output_guardrails: [watching] }));
    expect(response.status).toBe(200);
    expect(await response.text()).toBe([textChunk("a bo"), textChunk("mb"), stopChunk, DONE].join(""));
    expect((await gateway.calls())[0]?.guardrails).toMatchObject([{ on: "output", outcome: "failed", async: true }]);
  });
});

describe("the router weighs verdicts", () => {
  const two = (codes: readonly number[], guardrails: object) =>
    config({
      strategy: { mode: "fallback", on_status_codes: codes },
      targets: [{ provider: "@main", ...guardrails }, { provider: "@main" }],
    });

  test("a 446 of the input is passed on to the next target, if the config says so", async () => {
    gateway = await testGateway();
    const guardrails = { input_guardrails: [{ ...noBomb, deny: true }] };
    const response = await gateway.chat(asks("a bomb"), two([446], guardrails));
    expect(response.status).toBe(200);
    expect(response.headers.get("x-portkey-last-used-option-index")).toBe("config.targets[1]");
    expect((await gateway.chat(asks("a bomb"), two([500], guardrails))).status).toBe(446);
  });

  test("a 446 of the output is passed on to the next target, and the answer of that one is logged", async () => {
    gateway = await testGateway({ upstream: inTurn(always(completion("a bomb")), always(completion("flowers"))) });
    const response = await gateway.chat({}, two([446], { output_guardrails: [{ ...noBomb, deny: true }] }));
    expect(response.status).toBe(200);
    expect((await bodyOf(response)).choices?.[0]?.message.content).toBe("flowers");
    const logged = (await gateway.bodies(2)).map(({ content }) => content).join("\n");
    expect(logged).toContain("flowers");
    expect(logged).not.toContain("bomb");
  });

  test("a 246 is passed on to the next target, if the config says so", async () => {
    gateway = await testGateway({ upstream: inTurn(always(completion("a bomb")), always(completion("flowers"))) });
    const response = await gateway.chat({}, two([246], { output_guardrails: [noBomb] }));
    expect(response.status).toBe(200);
    expect((await bodyOf(response)).choices?.[0]?.message.content).toBe("flowers");
  });

  test("a 246 is a success where no status is named", async () => {
    gateway = await testGateway(says("a bomb"));
    const response = await gateway.chat(
      {},
      config({ strategy: { mode: "fallback" }, output_guardrails: [noBomb], targets: [{ provider: "@main" }, { provider: "@main" }] }),
    );
    expect(response.status).toBe(246);
    expect(gateway.upstream.seen).toHaveLength(1);
  });

  test("what was denied stays out of the log when the next target fails too", async () => {
    gateway = await testGateway({
      upstream: inTurn(always(completion("a bomb")), (_request, response) => void response.socket?.destroy()),
    });
    const response = await gateway.chat({}, two([446], { output_guardrails: [{ ...noBomb, deny: true }] }));
    expect(response.status).toBe(502);
    await gateway.calls();
    expect(JSON.stringify([await gateway.calls(), await gateway.bodies()])).not.toContain("a bomb");
  });
});

describe("a saved guardrail", () => {
  test("is named by its slug", async () => {
    gateway = await testGateway({
      ...says("a bomb"),
      file: { guardrails: { bombs: { ...noBomb, deny: true } }, configs: { main: { output_guardrails: ["bombs"] } } },
    });
    expect((await gateway.chat(asks("a bomb"), config({ input_guardrails: ["bombs"] }))).status).toBe(446);
    expect((await gateway.chat({}, { "x-portkey-config": "main" })).status).toBe(446);
  });

  test("that is not there is refused, not skipped", async () => {
    gateway = await testGateway();
    const response = await gateway.chat({}, config({ input_guardrails: ["nothing"] }));
    expect(response.status).toBe(400);
    expect((await bodyOf(response)).error).toMatchObject({ code: "invalid_config", message: expect.stringContaining("nothing") });
    expect(gateway.upstream.seen).toHaveLength(0);
  });
});

describe("the log", () => {
  const everything = async () => JSON.stringify([await gateway.calls(), await gateway.bodies(2)]);

  test("has nothing of a request that was denied", async () => {
    gateway = await testGateway();
    await gateway.chat(asks("a bomb"), config({ input_guardrails: [{ "default.regexMatch": { rule: "b[o]mb", not: true }, deny: true }] }));
    expect(await everything()).not.toContain("bomb");
  });

  test.each([false, true])("has nothing of an answer that was denied (stream: %s)", async (stream) => {
    gateway = await testGateway(stream ? streams("harmless ".repeat(50), "a bomb") : says("a bomb"));
    await (
      await gateway.chat({ stream }, config({ output_guardrails: [{ "default.regexMatch": { rule: "b[o]mb", not: true }, deny: true }] }))
    ).text();
    expect(await everything()).not.toContain("bomb");
  });

  test.each([false, true])("has what was redacted as it was redacted (stream: %s)", async (stream) => {
    gateway = await testGateway(stream ? streams("card 11", "11-2222") : says("card 1111-2222"));
    await (
      await gateway.chat(
        { ...asks("mine is 3333-4444"), stream },
        config({ input_guardrails: [hideCards], output_guardrails: [hideCards] }),
      )
    ).text();
    const logged = await everything();
    expect(logged).not.toMatch(/\d{4}-\d{4}(?!-)/);
    expect(logged).toContain("mine is [CARD]");
    expect(logged).toContain("card [CARD]");
  });
});

test("what a config's guardrail cannot be is refused with the place and the checks that there are", async () => {
  gateway = await testGateway();
  const unknown: Script = always(completion("Hello"));
  gateway.upstream.answer(unknown);
  for (const guardrail of [
    { "default.containz": { words: ["a"] } },
    { "default.regexMatch": { rule: "(" } },
    { "default.contains": { words: [] } },
    {},
  ]) {
    const response = await gateway.chat({}, config({ input_guardrails: [guardrail] }));
    expect(response.status).toBe(400);
    expect((await bodyOf(response)).error?.message).toContain("input_guardrails.0");
  }
});
