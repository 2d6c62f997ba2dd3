import OpenAI from "openai";
import { afterEach, describe, expect, test } from "vitest";
import { TEST_KEY, type TestGateway, type TestGatewayOptions, testGateway } from "../support/gateway.ts";
import { always, completion, DONE, event, type Script, stopChunk, streaming, textChunk, usageChunk } from "../support/scriptedUpstream.ts";

let gateway: TestGateway;
afterEach(() => gateway.close());

/** As an application has it: an address and a key, and nothing else. */
async function client(options: TestGatewayOptions = {}, apiKey = TEST_KEY): Promise<OpenAI> {
  gateway = await testGateway(options);
  return new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey });
}
const MESSAGES = [{ role: "user" as const, content: "Hello" }];
const QUESTION = { model: "gpt-4o-mini", messages: MESSAGES };
const beginning = event({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }],
});
const STREAM: Script = streaming([beginning, textChunk("Hel"), textChunk("lo"), stopChunk, usageChunk, DONE]);
const failing = (status: number): Script => always({ error: { message: "no", type: "x", param: "model", code: "y" } }, status);
/** The SDK would try again by itself; what is tested is one answer. */
const once = { maxRetries: 0 } as const;

describe("chat", () => {
  test("is answered whole", async () => {
    const openai = await client();
    const answer = await openai.chat.completions.create(QUESTION);
    expect(answer.choices[0]?.message.content).toBe("Hello");
    expect(answer.usage?.total_tokens).toBe(12);
    expect((await gateway.calls())[0]).toMatchObject({
      client: "OpenAI/JS",
      client_version: expect.stringMatching(/^\d+\.\d+/),
      status: 200,
    });
  });

  test("gives the provider's response headers beside the data", async () => {
    const openai = await client({ upstream: always(completion("Hello"), 200, { "x-request-id": "abc" }) });
    const { data, request_id: id } = await openai.chat.completions.create(QUESTION).withResponse();
    expect(data.id).toBe("chatcmpl-1");
    expect(id).toBe("abc");
  });

  test("streams to a loop", async () => {
    const openai = await client({ upstream: STREAM });
    const stream = await openai.chat.completions.create({ ...QUESTION, stream: true });
    const pieces: string[] = [];
    for await (const { choices } of stream) pieces.push(choices[0]?.delta.content ?? "");
    expect(pieces).toEqual(["", "Hel", "lo", ""]);
  });

  test("streams with usage at the end for who asks", async () => {
    const openai = await client({ upstream: STREAM });
    const stream = await openai.chat.completions.create({ ...QUESTION, stream: true, stream_options: { include_usage: true } });
    const usages: unknown[] = [];
    for await (const { usage } of stream) if (usage) usages.push(usage.total_tokens);
    expect(usages).toEqual([12]);
  });

  test("streams to the SDK's own helper", async () => {
    const openai = await client({ upstream: STREAM });
    const runner = openai.chat.completions.stream(QUESTION);
    const deltas: string[] = [];
    runner.on("content", (delta) => deltas.push(delta));
    expect(await runner.finalContent()).toBe("Hello");
    expect(deltas).toEqual(["Hel", "lo"]);
    expect((await runner.finalChatCompletion()).choices[0]?.finish_reason).toBe("stop");
  });

  test("streams a stored answer to the SDK's own helper", async () => {
    gateway = await testGateway();
    const openai = new OpenAI({
      baseURL: `${gateway.url}/v1`,
      apiKey: TEST_KEY,
      defaultHeaders: { "x-portkey-config": '{"cache":{"mode":"simple"}}' },
    });
    await openai.chat.completions.create(QUESTION);
    await gateway.calls();
    const final = await openai.chat.completions.stream(QUESTION).finalChatCompletion();
    expect(final.choices[0]?.message).toMatchObject({ role: "assistant", content: "Hello" });
    expect(gateway.upstream.seen).toHaveLength(1);
  });

  test("calls tools, whole and streamed", async () => {
    const tools = [
      {
        type: "function" as const,
        function: { name: "weather", parameters: { type: "object", properties: { city: { type: "string" } } } },
      },
    ];
    const message = {
      role: "assistant",
      content: null,
      tool_calls: [{ id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Berlin"}' } }],
    };
    const whole = { ...completion(""), choices: [{ index: 0, message, finish_reason: "tool_calls" }] };
    const openai = await client({ upstream: always(whole) });
    const answer = await openai.chat.completions.create({ ...QUESTION, tools });
    expect(answer.choices[0]?.message.tool_calls).toEqual(message.tool_calls);
    expect(gateway.upstream.seen[0]?.body.tools).toEqual(tools);

    const delta = (change: object, finish: string | null = null) =>
      event({
        id: "chatcmpl-1",
        object: "chat.completion.chunk",
        created: 1,
        model: "m",
        choices: [{ index: 0, delta: change, finish_reason: finish }],
      });
    const call = (rest: object) => delta({ tool_calls: [{ index: 0, ...rest }] });
    gateway.upstream.answer(
      streaming([
        delta({ role: "assistant", content: null }),
        call({ id: "call_1", type: "function", function: { name: "weather", arguments: "" } }),
        call({ function: { arguments: '{"city":' } }),
        call({ function: { arguments: '"Berlin"}' } }),
        delta({}, "tool_calls"),
        DONE,
      ]),
    );
    const final = await openai.chat.completions.stream({ ...QUESTION, tools }).finalChatCompletion();
    expect(final.choices[0]?.message.tool_calls).toMatchObject(message.tool_calls);
    expect((await gateway.calls(2))[1]?.finish_reasons).toEqual(["tool_calls"]);
  });

  test("is cancelled at the provider when the application aborts", async () => {
    const openai = await client({
      upstream: streaming(
        Array.from({ length: 500 }, () => textChunk("on and ")),
        5,
      ),
    });
    const stream = await openai.chat.completions.create({ ...QUESTION, stream: true });
    for await (const _chunk of stream) stream.controller.abort();
    await gateway.upstream.seen[0]?.abandoned;
    expect((await gateway.calls())[0]).toMatchObject({ end: "cancelled", cost_status: "estimated" });
  });

  test("that broke off in the middle is an error and no short answer", async () => {
    const openai = await client({ upstream: streaming([textChunk("Hel")]) });
    const reading = (async () => {
      for await (const _chunk of await openai.chat.completions.create({ ...QUESTION, stream: true })) {
        // only its end is of interest
      }
    })();
    await expect(reading).rejects.toThrow(OpenAI.APIError);
  });
});

describe("other resources", () => {
  test("embeddings, for which the SDK asks in base64", async () => {
    const vector = new Float32Array([0.25, -1, 3.5]);
    const openai = await client({
      upstream: always({
        object: "list",
        model: "text-embedding-3-small",
        data: [{ object: "embedding", index: 0, embedding: Buffer.from(vector.buffer).toString("base64") }],
        usage: { prompt_tokens: 2, total_tokens: 2 },
      }),
    });
    const { data } = await openai.embeddings.create({ model: "text-embedding-3-small", input: "Hello" });
    expect(gateway.upstream.seen[0]?.body.encoding_format).toBe("base64");
    expect(data[0]?.embedding).toEqual([...vector]);
    expect((await gateway.calls())[0]).toMatchObject({ operation: "embeddings", tokens: { input: 2, output: 0 } });
  });

  test("completions, whole and streamed", async () => {
    const answer = {
      id: "cmpl-1",
      object: "text_completion",
      created: 1,
      model: "gpt-3.5-turbo-instruct",
      choices: [{ index: 0, text: "lo", logprobs: null, finish_reason: "stop" }],
    };
    const openai = await client({ upstream: always(answer) });
    expect((await openai.completions.create({ model: "gpt-3.5-turbo-instruct", prompt: "Hel" })).choices[0]?.text).toBe("lo");
    gateway.upstream.answer(
      streaming([
        event({ ...answer, choices: [{ ...answer.choices[0], text: "l", finish_reason: null }] }),
        event({ ...answer, choices: [{ ...answer.choices[0], text: "o" }] }),
        DONE,
      ]),
    );
    let text = "";
    for await (const { choices } of await openai.completions.create({ model: "gpt-3.5-turbo-instruct", prompt: "Hel", stream: true }))
      text += choices[0]?.text ?? "";
    expect(text).toBe("lo");
  });

  test("models", async () => {
    const openai = await client();
    await gateway.apply({ providers: { main: { provider: "custom", base_url: gateway.upstream.url, models: ["gpt-4o", "gpt-4o-mini"] } } });
    const ids: string[] = [];
    for await (const { id } of openai.models.list()) ids.push(id);
    expect(ids).toEqual(["@main/gpt-4o", "@main/gpt-4o-mini"]);
    expect((await openai.chat.completions.create({ ...QUESTION, model: ids[0] ?? "" })).choices).toHaveLength(1);
  });
});

describe("errors have the SDK's own classes", () => {
  test.each([
    [400, OpenAI.BadRequestError],
    [401, OpenAI.AuthenticationError],
    [403, OpenAI.PermissionDeniedError],
    [404, OpenAI.NotFoundError],
    [409, OpenAI.ConflictError],
    [422, OpenAI.UnprocessableEntityError],
    [429, OpenAI.RateLimitError],
    [500, OpenAI.InternalServerError],
  ])("%i of the provider", async (status, kind) => {
    const openai = await client({ upstream: failing(status) });
    const failure = await openai.chat.completions.create(QUESTION, once).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(kind);
    expect(failure).toMatchObject({ status, code: "y", type: "x", param: "model" });
  });

  test("a wrong key", async () => {
    const openai = await client({}, "sk-not-a-key-of-this-gateway");
    await expect(openai.chat.completions.create(QUESTION)).rejects.toThrow(OpenAI.AuthenticationError);
    await expect(openai.models.list()).rejects.toMatchObject({ status: 401, code: "invalid_key", type: "authentication_error" });
  });

  test("a limit that is reached", async () => {
    const openai = await client({ key: { limits: [{ type: "requests", value: 0, window: "hour" }] } });
    const failure = await openai.chat.completions.create(QUESTION, once).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(OpenAI.RateLimitError);
    expect((failure as InstanceType<typeof OpenAI.RateLimitError>).headers.get("retry-after")).toMatch(/^\d+$/);
  });

  test("a request without a model, and a model that may not be used", async () => {
    const openai = await client({ key: { models: ["gpt-4o-mini"] } });
    await expect(openai.chat.completions.create({ ...QUESTION, model: "" })).rejects.toThrow(OpenAI.BadRequestError);
    await expect(openai.chat.completions.create({ ...QUESTION, model: "o3" })).rejects.toThrow(OpenAI.PermissionDeniedError);
  });

  test("a stream that fails before its first token", async () => {
    const openai = await client({ upstream: streaming([event({ error: { message: "overloaded", code: 503 } })]) });
    await expect(openai.chat.completions.create({ ...QUESTION, stream: true }, once)).rejects.toThrow(OpenAI.InternalServerError);
  });

  test("a failed first try is tried again by the SDK, as with the provider itself", async () => {
    const openai = await client({ upstream: always({ error: { message: "busy" } }, 503, { "retry-after-ms": "1" }) });
    const asking = openai.chat.completions.create(QUESTION, { maxRetries: 1 });
    await expect(asking).rejects.toThrow(OpenAI.InternalServerError);
    expect(await gateway.calls(2)).toHaveLength(2);
  });
});
