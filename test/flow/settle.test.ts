import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CallRecord } from "../../shared/contracts/record.ts";
import { QUESTION, TEST_KEY, type TestGateway, type TestGatewayOptions, testGateway } from "../support/gateway.ts";
import { cutAt } from "../support/pieces.ts";
import { always, completion, DONE, pause, type Script, stopChunk, streaming, textChunk, usageChunk } from "../support/scriptedUpstream.ts";
import { type SettledCalls, settledCalls } from "../support/settledCalls.ts";
import { streamReader } from "../support/streamReader.ts";

const FULL_KEY = "key-of-a-client-with-nothing-left";
const TOLD = [textChunk("Hel"), textChunk("lo"), stopChunk, usageChunk, DONE];
const limited = (value: number) => [{ type: "requests", value, window: "day" }];

/** One call after the other, then the gateway ends; nothing may be settled after that. */
async function settledBy(
  options: TestGatewayOptions,
  ...asks: readonly ((gateway: TestGateway) => Promise<unknown>)[]
): Promise<SettledCalls> {
  const calls = settledCalls();
  const keys = { test: { secret: TEST_KEY, limits: limited(1_000) }, full: { secret: FULL_KEY, limits: limited(0) } };
  const gateway = await testGateway({ ...options, file: { keys }, services: calls.watch });
  for (const [index, ask] of asks.entries()) {
    await ask(gateway);
    await calls.atLeast(index + 1);
  }
  await gateway.close();
  return calls;
}

function expectEachSettledOnce({ reserved, settled }: SettledCalls): void {
  expect(settled).toHaveLength(reserved.length);
  expect(new Set(settled)).toEqual(new Set(reserved));
}

const asking =
  (body: object = {}, headers: Record<string, string> = {}, path = "/v1/chat/completions") =>
  async (gateway: TestGateway): Promise<unknown> =>
    (await gateway.post(path, { ...QUESTION, ...body }, headers)).text();

const withConfig = (config: object): Record<string, string> => ({ "x-gatehouse-config": JSON.stringify(config) });
const withKey = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });
const denying = { "default.contains": { words: ["never said"] }, deny: true };

/** The client goes when the provider has been asked, or when that much of the answer has come. */
const leaving =
  (after: string | undefined) =>
  async (gateway: TestGateway): Promise<void> => {
    const departure = new AbortController();
    const asked = Promise.withResolvers<void>();
    gateway.upstream.answer((_request, response) => {
      asked.resolve();
      if (after !== undefined) response.writeHead(200, { "content-type": "text/event-stream" }).write(textChunk(after));
    });
    const answer = gateway.post("/v1/chat/completions", { ...QUESTION, stream: true }, {}, departure.signal);
    await asked.promise;
    if (after !== undefined) await streamReader(await answer).until(after);
    departure.abort();
    await answer.catch(() => undefined);
    await gateway.upstream.seen[0]?.abandoned;
  };

const breakingOff: Script = async (_request, response) => {
  response.writeHead(200, { "content-type": "text/event-stream" }).write(textChunk("Hel"));
  await pause(0);
  response.destroy();
};

interface Ending {
  readonly of: string;
  readonly ask: (gateway: TestGateway) => Promise<unknown>;
  readonly upstream?: Script;
  readonly record: Partial<CallRecord>;
  readonly reservations: number;
}

const ENDINGS: readonly Ending[] = [
  { of: "a whole answer", ask: asking(), record: { status: 200, end: "complete" }, reservations: 1 },
  { of: "a stream", ask: asking({ stream: true }), upstream: streaming(TOLD), record: { status: 200, end: "complete" }, reservations: 1 },
  {
    of: "a request without a key that is known",
    ask: asking({}, withKey("a-key-that-nobody-made")),
    record: { status: 401, end: "refused" },
    reservations: 0,
  },
  { of: "a path that is not there", ask: asking({}, {}, "/nowhere"), record: { status: 404, end: "refused" }, reservations: 0 },
  { of: "a body that is too large", ask: asking({ user: "x".repeat(2_000) }), record: { status: 413, end: "refused" }, reservations: 0 },
  { of: "a request over the limit", ask: asking({}, withKey(FULL_KEY)), record: { status: 429, end: "refused" }, reservations: 0 },
  {
    of: "a provider's 500",
    ask: asking(),
    upstream: always({ error: { message: "no" } }, 500),
    record: { status: 500, end: "failed" },
    reservations: 1,
  },
  {
    of: "a provider that hangs up",
    ask: asking(),
    upstream: (_request, response) => response.destroy(),
    record: { status: 502, end: "failed" },
    reservations: 1,
  },
  {
    of: "a stream that breaks off",
    ask: asking({ stream: true }),
    upstream: breakingOff,
    record: { status: 200, end: "cut" },
    reservations: 1,
  },
  { of: "a client that leaves before the first token", ask: leaving(undefined), record: { end: "cancelled" }, reservations: 1 },
  { of: "a client that leaves after the first token", ask: leaving("Hello"), record: { status: 200, end: "cancelled" }, reservations: 1 },
  {
    of: "a request that a guardrail denies",
    ask: asking({}, withConfig({ input_guardrails: [denying] })),
    record: { status: 446, end: "refused" },
    reservations: 0,
  },
  {
    of: "an answer that a guardrail denies",
    ask: asking({}, withConfig({ output_guardrails: [denying] })),
    record: { status: 446, end: "refused" },
    reservations: 1,
  },
  {
    of: "a stream that a guardrail denies",
    ask: asking({ stream: true }, withConfig({ output_guardrails: [denying] })),
    upstream: streaming(TOLD),
    record: { status: 446, end: "refused" },
    reservations: 1,
  },
];

describe("a call is settled once, and its reservation with it, after", () => {
  test.each(ENDINGS)("$of", async ({ ask, upstream, record, reservations }) => {
    const calls = await settledBy({ ...(upstream && { upstream }), settings: { maxRequestBytes: 1_000 } }, ask);
    expect(calls.all).toHaveLength(1);
    expect(calls.all[0]?.call).toMatchObject(record);
    expect(calls.reserved).toHaveLength(reservations);
    expectEachSettledOnce(calls);
  });

  test("an answer from the cache", async () => {
    const ask = asking({}, withConfig({ cache: { mode: "simple" } }));
    const calls = await settledBy({}, ask, ask);
    expect(calls.all.map(({ call }) => [call.cache, call.end, call.cost_status])).toEqual([
      ["miss", "complete", "exact"],
      ["hit", "complete", "none"],
    ]);
    expectEachSettledOnce(calls);
  });

  test("an answer of the second target: the client's limit is reserved once, and each provider's where it was asked", async () => {
    const calls = settledCalls();
    const gateway = await testGateway({ key: { limits: limited(9) }, services: calls.watch });
    gateway.upstream.answer((request, response) =>
      request.headers.authorization?.endsWith("provider")
        ? always({}, 503)(request, response)
        : always(completion("Hello"))(request, response),
    );
    const account = { provider: "openai", secret: "env:TEST_SECRET", base_url: gateway.upstream.url, limits: limited(9) };
    await gateway.apply({
      providers: { main: account, spare: { ...account, secret: "sk-another-secret" } },
      keys: { test: { secret: TEST_KEY, limits: limited(9) } },
    });
    await asking({}, withConfig({ strategy: { mode: "fallback" }, targets: [{ provider: "@main" }, { provider: "@spare" }] }))(gateway);
    await gateway.close();
    expect(calls.all.map(({ call }) => [call.account, call.status])).toEqual([["spare", 200]]);
    expect(calls.reserved.flatMap(({ holds }) => holds)).toHaveLength(3);
    expectEachSettledOnce(calls);
  });
});

describe("a call is settled once, wherever it ends", () => {
  type Fate = "ends well" | "ends" | "hangs up" | "fails" | "left by the client";
  const whole = Buffer.from(TOLD.join(""));
  const ending = fc.record({
    fate: fc.constantFrom<Fate>("ends well", "ends", "hangs up", "fails", "left by the client"),
    stream: fc.boolean(),
    at: fc.nat({ max: whole.length }),
    cuts: fc.array(fc.nat({ max: whole.length }), { maxLength: 5 }),
  });

  /** The provider gives its answer up to a byte, in pieces, and what becomes of it then. */
  const until =
    (bytes: Buffer, at: number, cuts: readonly number[], fate: Fate): Script =>
    async (request, response) => {
      if (fate === "fails") return always({ error: { message: "no" } }, 500)(request, response);
      response.writeHead(200, { "content-type": request.body.stream ? "text/event-stream" : "application/json" });
      for (const piece of cutAt(fate === "ends well" ? bytes : bytes.subarray(0, at), cuts)) {
        response.write(piece);
        await pause(0);
      }
      if (fate === "hangs up") response.destroy();
      else if (fate !== "left by the client") response.end();
    };

  test("at any byte, by whoever's doing", async () => {
    const calls = settledCalls();
    const gateway = await testGateway({ key: { limits: limited(1_000) }, services: calls.watch });
    let asked = 0;
    await fc.assert(
      fc.asyncProperty(ending, async ({ fate, stream, at, cuts }) => {
        const bytes = stream ? whole : Buffer.from(JSON.stringify(completion("Hello")));
        const isAsked = Promise.withResolvers<void>();
        gateway.upstream.answer((request, response) => {
          isAsked.resolve();
          return until(bytes, at, cuts, fate)(request, response);
        });
        const departure = new AbortController();
        const answer = gateway.post("/v1/chat/completions", { ...QUESTION, stream }, {}, departure.signal);
        const isRead = answer.then((response) => response.arrayBuffer()).catch(() => undefined);
        await isAsked.promise;
        if (fate === "left by the client") departure.abort();
        await isRead;
        asked += 1;
        await calls.atLeast(asked);
        expect(calls.all).toHaveLength(asked);
        const { end } = calls.all[asked - 1]?.call ?? {};
        if (fate === "ends well") expect(end).toBe("complete");
        if (fate === "fails") expect(end).toBe("failed");
        if (fate === "left by the client") expect(end).toBe("cancelled");
      }),
      { numRuns: 60 },
    );
    await gateway.close();
    expect(calls.all).toHaveLength(asked);
    expect(calls.reserved).toHaveLength(asked);
    expectEachSettledOnce(calls);
  });
});
