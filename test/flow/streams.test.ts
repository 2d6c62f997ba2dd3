import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import type { CallRecord } from "../../shared/contracts/record.ts";
import { readEvent } from "../../shared/wire/serverSentEvents.ts";
import { QUESTION, type TestGateway, type TestGatewayOptions, testGateway } from "../support/gateway.ts";
import { cutAt } from "../support/pieces.ts";
import {
  always,
  DONE,
  event,
  inTurn,
  pause,
  type Script,
  stopChunk,
  streaming,
  textChunk,
  usageChunk,
} from "../support/scriptedUpstream.ts";
import { type SettledCall, settledCalls } from "../support/settledCalls.ts";
import { streamReader } from "../support/streamReader.ts";

let gateway: TestGateway;
let calls: ReturnType<typeof settledCalls>;
afterEach(() => gateway.close());

async function open(options: TestGatewayOptions = {}): Promise<void> {
  calls = settledCalls();
  gateway = await testGateway({ ...options, services: calls.watch });
}

const toolChunk = (call: object): string =>
  event({
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1_700_000_000,
    model: "gpt-4o-mini-2024-07-18",
    choices: [{ index: 0, delta: { tool_calls: [call] }, finish_reason: null }],
  });

const errorEvent = (error: object): string => event({ error });

/** What every run of the same call has in common. */
function lasting({ call, answer }: SettledCall): object {
  const { request_id, trace_id, started_at, settled_at, first_token_ms, total_ms, added_ms, ...rest } = call;
  return { ...rest, attempts: rest.attempts.map(({ ms: _ms, first_token_ms: _first, ...attempt }) => attempt), answer };
}

/** The error with which a stream ends, in OpenAI's shape. */
const lastError = (text: string): unknown => JSON.parse(readEvent(Buffer.from(text.slice(text.lastIndexOf("data: ")))).data ?? "").error;

describe("a stream in pieces", () => {
  const text = fc.string({ unit: fc.constantFrom("🦊", "👩‍👩‍👧‍👦", "漢", "ß", "e\u0301", "a", " ", "\n", '"', "data: "), maxLength: 12 });
  const told = fc
    .tuple(fc.array(text, { minLength: 1, maxLength: 6 }), fc.array(text, { maxLength: 4 }), fc.constantFrom("\n", "\r\n"))
    .map(([texts, args, lineEnd]) => {
      const call = { index: 0, id: "call_🦊", type: "function", function: { name: "find", arguments: "" } };
      const toolCalls = [call, ...args.map((piece) => ({ index: 0, function: { arguments: JSON.stringify(piece) } }))].map(toolChunk);
      return [...texts.map(textChunk), ...toolCalls, stopChunk, usageChunk, DONE].map((given) => given.replaceAll("\n", lineEnd));
    });

  test("gives the same bytes to the client and the same record to the log, wherever it is cut", async () => {
    await open();
    const ask = async (pieces: readonly (string | Uint8Array)[]) => {
      gateway.upstream.answer(streaming(pieces));
      const response = await gateway.chat({ stream: true });
      return { text: await response.text(), record: lasting(await calls.of(response)) };
    };
    await fc.assert(
      fc.asyncProperty(told, fc.array(fc.nat({ max: 4_000 }), { maxLength: 40 }), async (events, positions) => {
        const whole = Buffer.from(events.join(""));
        const inOne = await ask([whole]);
        expect(inOne.text).toBe(events.filter((given) => !given.includes('"usage"')).join(""));
        expect(await ask(cutAt(whole, positions))).toEqual(inOne);
      }),
      { numRuns: 30 },
    );
  });
});

describe("a provider that fails in mid-stream", () => {
  const cutOff =
    (clientHasText: Promise<void>): Script =>
    async (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(textChunk("The answer") + textChunk(" is").slice(0, 30));
      await clientHasText; // a broken connection may take with it what nobody has read
      response.destroy();
    };

  test("by breaking off: the client gets the text so far and an error, no [DONE], and the log estimates what it took", async () => {
    const received = Promise.withResolvers<void>();
    await open({ upstream: cutOff(received.promise) });
    const response = await gateway.chat({ stream: true });
    const reader = streamReader(response);
    await reader.until("The answer");
    received.resolve();
    const text = await reader.all();
    expect(text.startsWith(textChunk("The answer"))).toBe(true);
    expect(lastError(text)).toMatchObject({ type: "upstream_error", code: "upstream_cut" });
    expect(text).not.toContain("[DONE]");
    const { call } = await calls.of(response);
    expect(call).toMatchObject({ status: 200, end: "cut", error_code: "upstream_cut", cost_status: "estimated", tokens: { output: 2 } });
    expect(call.tokens.input).toBeGreaterThan(0);
  });

  test.each([
    ["before it was finished", [textChunk("Hel"), textChunk("lo")], [textChunk("Hel"), textChunk("lo")]],
    ["inside an event", [textChunk("Hello"), textChunk(" world").slice(0, -12)], [textChunk("Hello")]],
    ["without the blank line of its last event", [textChunk("Hel"), textChunk("lo").trimEnd()], [textChunk("Hel"), textChunk("lo")]],
  ])("by ending well %s: the client is told that it is not all", async (_when, pieces, expected) => {
    await open({ upstream: streaming(pieces) });
    const response = await gateway.chat({ stream: true });
    const text = await response.text();
    expect(text.startsWith(expected.join(""))).toBe(true);
    const added = text.slice(expected.join("").length);
    expect(readEvent(Buffer.from(added)).data).toBeDefined();
    expect(lastError(added)).toMatchObject({ code: "upstream_cut" });
    expect((await calls.of(response)).call).toMatchObject({ end: "cut", cost_status: "estimated" });
  });

  test("with an error event: that is the last thing the client gets, as the provider said it", async () => {
    const failure = errorEvent({ message: "Overloaded", type: "server_error" });
    const received = Promise.withResolvers<void>();
    await open({
      upstream: async (_request, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" }).write(textChunk("Hello"));
        await received.promise;
        response.end(failure + DONE);
      },
    });
    const response = await gateway.chat({ stream: true });
    const reader = streamReader(response);
    await reader.until("Hello");
    received.resolve();
    expect(await reader.all()).toBe(textChunk("Hello") + failure);
    expect((await calls.of(response)).call).toMatchObject({ end: "cut", error_message: "Overloaded" });
  });

  test("by falling silent: the client is told so after the idle time", async () => {
    const timeouts = { connectMs: 5_000, firstTokenMs: 100, idleMs: 100, requestMs: 5_000 };
    await open({
      settings: { timeouts },
      upstream: (_request, response) => response.writeHead(200, { "content-type": "text/event-stream" }).write(textChunk("Hello")),
    });
    const response = await gateway.chat({ stream: true });
    expect(lastError(await response.text())).toMatchObject({ type: "timeout_error", code: "timeout" });
    expect((await calls.of(response)).call).toMatchObject({ end: "timeout", cost_status: "estimated" });
    await gateway.upstream.seen[0]?.abandoned;
  });
});

describe("a provider that ends well without [DONE]", () => {
  test.each([
    ["a finish reason", [textChunk("Hello"), stopChunk, usageChunk]],
    [
      "a finish reason, in lines that end with CRLF",
      [textChunk("Hello"), stopChunk, usageChunk].map((line) => line.replaceAll("\n", "\r\n")),
    ],
    ["usage without a blank line behind it", [textChunk("Hello"), stopChunk, usageChunk.trimEnd()]],
  ])("is believed when it gave %s, and nothing is added", async (_what, pieces) => {
    await open({ upstream: streaming(pieces) });
    const response = await gateway.chat({ stream: true });
    expect(await response.text()).toBe(pieces.slice(0, 2).join(""));
    expect((await calls.of(response)).call).toMatchObject({
      end: "complete",
      cost_status: "exact",
      finish_reasons: ["stop"],
      tokens: { input: 9, output: 3 },
    });
  });
});

describe("an error inside a 200, before the first token", () => {
  const role = event({ choices: [{ index: 0, delta: { role: "assistant", content: "" } }] });
  const failures: readonly [string, Script, number][] = [
    ["an event with an error", streaming([role, errorEvent({ message: "Overloaded", type: "server_error" })]), 502],
    ["an event with an error that names its status", streaming([errorEvent({ message: "Slow down", code: 429 })]), 429],
    ["an event named error", streaming([": hello\n\n", 'event: error\ndata: {"message":"Overloaded"}\n\n']), 502],
    ["a whole body with an error", always({ error: { message: "Overloaded", code: "503" } }), 503],
    ["nothing but [DONE]", streaming([DONE]), 502],
    ["nothing at all", streaming([]), 502],
  ];

  test.each(failures)("is a failed call for the client: %s", async (_what, script, status) => {
    await open({ upstream: script });
    const response = await gateway.chat({ stream: true });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { type: "upstream_error" } });
    expect((await calls.of(response)).call).toMatchObject({ status, end: "failed", cost_status: "none" });
  });

  test.each(failures)("goes unseen by the client where another target answers: %s", async (_what, script) => {
    const told = [textChunk("Hello"), stopChunk, usageChunk, DONE];
    await open({ upstream: inTurn(script, streaming(told)) });
    const account = { provider: "openai", secret: "env:TEST_SECRET", base_url: gateway.upstream.url };
    await gateway.apply({ providers: { main: account, spare: account } });
    const config = { strategy: { mode: "fallback" }, targets: [{ provider: "@main" }, { provider: "@spare" }] };
    const response = await gateway.chat({ stream: true }, { "x-gatehouse-config": JSON.stringify(config) });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe([textChunk("Hello"), stopChunk, DONE].join(""));
    const { call } = await calls.of(response);
    expect(call).toMatchObject({ account: "spare", end: "complete", cost_status: "exact", error_code: null });
    expect(call.attempts.map((attempt) => [attempt.account, attempt.status, attempt.error_code?.startsWith("upstream") ?? false])).toEqual([
      ["main", 200, true],
      ["spare", 200, false],
    ]);
  });
});

describe("a client that leaves", () => {
  const said = "The quick brown fox jumps over the lazy dog and goes on to tell of it at length.";

  test("in mid-stream: the provider's connection is closed, and what came until then is on the bill", async () => {
    await open({
      upstream: (_request, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        for (const word of said.split(/(?= )/)) response.write(textChunk(word));
      },
    });
    const departure = new AbortController();
    const response = await gateway.post("/v1/chat/completions", { ...QUESTION, stream: true }, {}, departure.signal);
    await streamReader(response).until(" length.");
    departure.abort();
    await gateway.upstream.seen[0]?.abandoned;
    const { call } = await calls.of(response);
    expect(call).toMatchObject({ status: 200, end: "cancelled", cost_status: "estimated" });
    // 19 words and points in OpenAI's encoding
    expect(call.tokens.output).toBeGreaterThan(15);
    expect(call.tokens.output).toBeLessThan(23);
    expect(call.charged_cost_nano_usd).toBeGreaterThan(0);
  });

  test.each([
    ["a stream", true],
    ["a whole answer", false],
  ])("before %s has begun: the provider's connection is closed, and nothing is on the bill", async (_what, stream) => {
    const asked = Promise.withResolvers<void>();
    await open({ upstream: () => asked.resolve() });
    const departure = new AbortController();
    const answer = gateway.post("/v1/chat/completions", { ...QUESTION, stream }, {}, departure.signal);
    await asked.promise;
    departure.abort();
    await expect(answer).rejects.toThrow("aborted");
    await gateway.upstream.seen[0]?.abandoned;
    const [settled] = await calls.atLeast(1);
    expect(settled?.call).toMatchObject({
      end: "cancelled",
      error_code: "client_closed",
      cost_status: "none",
      tokens: { input: 0, output: 0 },
    });
  });
});

describe("a thousand slow streams at once", () => {
  const CLIENTS = 1_000;
  const CHUNKS = 8;
  const PAUSE_MS = 200;
  const chunksFor = (client: number): readonly string[] =>
    Array.from({ length: CHUNKS }, (_chunk, index) => textChunk(`${client}.${index} `));

  /** None of the streams ends before all of them have begun. */
  function slowly(): Script {
    const allHere = Promise.withResolvers<void>();
    let arrived = 0;
    return async (request, response) => {
      arrived += 1;
      if (arrived === CLIENTS) allHere.resolve();
      const client = Number(request.body.user);
      const [first = "", ...others] = chunksFor(client);
      response.writeHead(200, { "content-type": "text/event-stream" }).write(first);
      await allHere.promise;
      for (const chunk of others) {
        await pause(PAUSE_MS);
        response.write(chunk);
      }
      const usage = { prompt_tokens: client + 1, completion_tokens: CHUNKS, total_tokens: client + 1 + CHUNKS };
      response.end(stopChunk + event({ choices: [], usage }) + DONE);
    };
  }

  test("lose nothing, mix nothing up, and each has its own tokens in the log", async () => {
    await open({ upstream: slowly(), settings: { log: "metadata" } });
    const ask = async (client: number) => {
      const response = await gateway.chat({ stream: true, user: String(client) });
      return { client, text: await response.text(), id: response.headers.get("x-gatehouse-request-id") };
    };
    const answers = await Promise.all(Array.from({ length: CLIENTS }, (_client, client) => ask(client)));
    for (const { client, text } of answers) expect(text).toBe([...chunksFor(client), stopChunk, DONE].join(""));
    const settled = await calls.atLeast(CLIENTS);
    const tokens = new Map<string | null, CallRecord["tokens"]>(settled.map(({ call }) => [call.request_id, call.tokens]));
    expect(tokens.size).toBe(CLIENTS);
    for (const { client, id } of answers) expect(tokens.get(id)).toMatchObject({ input: client + 1, output: CHUNKS });
  });
});
