import { afterEach, describe, expect, test } from "vitest";
import { TEST_KEY, type TestGateway, testGateway } from "../support/gateway.ts";
import { type OwnGateway, ownGateway } from "../support/ownHouse.ts";
import {
  always,
  completion,
  cutAfter,
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

const config = (document: object) => ({ "x-portkey-config": JSON.stringify(document) });
const CACHED = config({ cache: { mode: "simple" } });
const statusOf = ({ headers }: Response): string | null => headers.get("x-portkey-cache-status");

/** Each call gets its own answer, so that a stored one shows. */
const numbered = (): Script => {
  let count = 0;
  return (request, response) => always(completion(`answer ${++count}`))(request, response);
};
const open = async (options: Parameters<typeof testGateway>[0] = {}): Promise<void> => {
  gateway = await testGateway({ upstream: numbered(), ...options });
};

/** The answer is stored after the client has it, together with the line in the log. */
let settled = 0;
async function chat(
  body: object = {},
  headers: Record<string, string> = CACHED,
): Promise<{ status: string | null; text: string; response: Response }> {
  const response = await gateway.chat(body, headers);
  const text = await response.text();
  settled += 1;
  await gateway.calls(settled);
  return { status: statusOf(response), text, response };
}
afterEach(() => {
  settled = 0;
});

const contentOf = (text: string): unknown =>
  (JSON.parse(text) as { choices: { message: { content: string } }[] }).choices[0]?.message.content;
interface Chunk {
  readonly choices: readonly {
    readonly delta: { readonly content?: string; readonly role?: string; readonly tool_calls?: readonly object[] };
    readonly finish_reason: string | null;
  }[];
  readonly usage?: object;
}
function readStream(text: string) {
  const data = text.split("\n\n").flatMap((block) => (block.startsWith("data: ") ? [block.slice(6)] : []));
  const chunks = data.filter((line) => line !== "[DONE]").map((line) => JSON.parse(line) as Chunk);
  const deltas = chunks.flatMap(({ choices }) => choices);
  return {
    text: deltas.map(({ delta }) => delta.content ?? "").join(""),
    toolCalls: deltas.flatMap(({ delta }) => delta.tool_calls ?? []),
    finishReasons: deltas.flatMap(({ finish_reason: reason }) => (reason ? [reason] : [])),
    usage: chunks.flatMap(({ usage }) => (usage ? [usage] : [])),
    isDone: data.at(-1) === "[DONE]",
  };
}

describe("the same request again", () => {
  test("is answered from the cache with the same bytes, for nothing", async () => {
    await open();
    const [first, second] = [await chat(), await chat()];
    expect([first.status, second.status]).toEqual(["MISS", "HIT"]);
    expect(second.text).toBe(first.text);
    expect(second.response.headers.get("content-type")).toBe("application/json");
    expect(gateway.upstream.seen).toHaveLength(1);
    const [paid, free] = await gateway.calls(2);
    expect(paid).toMatchObject({ cache: "miss", charged_cost_nano_usd: 3150 });
    expect(free).toMatchObject({
      cache: "hit",
      cache_age_seconds: 0,
      charged_cost_nano_usd: 0,
      list_cost_nano_usd: 0,
      attempts: [],
      status: 200,
      end: "complete",
    });
  });

  test("says under both prefixes whose stored answer it was", async () => {
    await open();
    await chat();
    const { response } = await chat();
    for (const prefix of ["x-portkey", "x-gatehouse"]) {
      expect(response.headers.get(`${prefix}-cache-status`)).toBe("HIT");
      expect(response.headers.get(`${prefix}-provider`)).toBe("openai");
      expect(response.headers.get(`${prefix}-last-used-option-index`)).toBe("config");
      expect(response.headers.get(`${prefix}-retry-attempt-count`)).toBe("0");
    }
  });

  test("is recorded with the account, the model and what was answered", async () => {
    await open();
    await chat();
    await chat();
    expect((await gateway.calls(2))[1]).toMatchObject({
      account: "main",
      provider: "openai",
      model_served: "gpt-4o-mini-2024-07-18",
      finish_reasons: ["stop"],
    });
    const answers = (await gateway.bodies(4)).filter(({ kind }) => kind === "response");
    expect(answers.map(({ content }) => contentOf(content))).toEqual(["answer 1", "answer 1"]);
  });

  test("is a stream of the stored answer when it asks for one, with usage only if it asks for that", async () => {
    await open();
    await chat();
    const plain = await chat({ stream: true });
    expect(plain.status).toBe("HIT");
    expect(plain.response.headers.get("content-type")).toContain("text/event-stream");
    expect(readStream(plain.text)).toEqual({ text: "answer 1", toolCalls: [], finishReasons: ["stop"], usage: [], isDone: true });
    const counted = await chat({ stream: true, stream_options: { include_usage: true } });
    expect(readStream(counted.text).usage).toEqual([{ prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 }]);
    expect(gateway.upstream.seen).toHaveLength(1);
  });

  test("is whole when the stored answer was streamed", async () => {
    await open({ upstream: streaming([textChunk("an"), textChunk("swer"), stopChunk, usageChunk, DONE]) });
    expect((await chat({ stream: true })).status).toBe("MISS");
    const { status, text } = await chat();
    expect(status).toBe("HIT");
    expect(JSON.parse(text)).toMatchObject({
      id: "chatcmpl-1",
      object: "chat.completion",
      choices: [{ index: 0, message: { content: "answer" }, finish_reason: "stop" }],
      usage: { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 },
    });
  });

  test("streams the stored stream again", async () => {
    await open({ upstream: streaming([textChunk("an"), textChunk("swer"), stopChunk, usageChunk, DONE]) });
    const [first, second] = [await chat({ stream: true }), await chat({ stream: true })];
    expect(second.status).toBe("HIT");
    expect(readStream(second.text)).toEqual(readStream(first.text));
  });

  test("has the tool calls of the stored stream", async () => {
    const delta = (change: object) =>
      event({ id: "c", object: "chat.completion.chunk", model: "m", choices: [{ index: 0, delta: change, finish_reason: null }] });
    const call = (index: number, change: object) => delta({ tool_calls: [{ index, ...change }] });
    await open({
      upstream: streaming([
        call(0, { id: "a", type: "function", function: { name: "weather", arguments: "" } }),
        call(0, { function: { arguments: '{"in":"Ber' } }),
        call(1, { id: "b", type: "function", function: { name: "time", arguments: "{}" } }),
        call(0, { function: { arguments: 'lin"}' } }),
        event({ id: "c", object: "chat.completion.chunk", model: "m", choices: [{ index: 0, delta: {}, finish_reason: "tool_calls" }] }),
        DONE,
      ]),
    });
    await chat({ stream: true });
    const calls = [
      { id: "a", type: "function", function: { name: "weather", arguments: '{"in":"Berlin"}' } },
      { id: "b", type: "function", function: { name: "time", arguments: "{}" } },
    ];
    expect(JSON.parse((await chat()).text)).toMatchObject({ choices: [{ message: { tool_calls: calls }, finish_reason: "tool_calls" }] });
    expect(readStream((await chat({ stream: true })).text)).toMatchObject({
      toolCalls: calls.map((stored, index) => ({ index, ...stored })),
      finishReasons: ["tool_calls"],
    });
  });

  test.each([
    [
      "/v1/embeddings",
      { input: "a" },
      {
        object: "list",
        data: [{ object: "embedding", index: 0, embedding: [0.1] }],
        model: "m",
        usage: { prompt_tokens: 1, total_tokens: 1 },
      },
    ],
    [
      "/v1/completions",
      { prompt: "a" },
      { object: "text_completion", model: "m", choices: [{ index: 0, text: "b", finish_reason: "stop" }] },
    ],
  ])("is answered from the cache on %s too", async (path, body, answer) => {
    await open({ upstream: always(answer) });
    const ask = () => gateway.post(path, { model: "m", ...body }, CACHED);
    expect(statusOf(await ask())).toBe("MISS");
    await gateway.calls();
    const second = await ask();
    expect(statusOf(second)).toBe("HIT");
    expect(await second.json()).toEqual(answer);
  });

  test("of 100 KB is kept whole", async () => {
    const long = "é €😀 ".repeat(10_000);
    await open({ upstream: always(completion(long)) });
    await chat();
    const { status, text } = await chat();
    expect(status).toBe("HIT");
    expect(contentOf(text)).toBe(long);
  });
});

describe("no other request is answered with it", () => {
  test.each([
    ["another model", { model: "gpt-4o" }],
    ["another message", { messages: [{ role: "user", content: "Hello!" }] }],
    ["another parameter", { temperature: 0.1 }],
    ["another number of choices", { n: 2 }],
  ])("%s", async (_what, body) => {
    await open();
    await chat();
    expect(await chat(body)).toMatchObject({ status: "MISS" });
  });

  test("the same words to another provider", async () => {
    await open();
    const provider = { provider: "openai", secret: "env:TEST_SECRET", base_url: gateway.upstream.url };
    await gateway.apply({ providers: { main: provider, other: provider } });
    await chat({ model: "@main/gpt-4o" });
    expect((await chat({ model: "@other/gpt-4o" })).status).toBe("MISS");
    expect((await chat({ model: "@main/gpt-4o" })).status).toBe("HIT");
  });

  test("other metadata, or another value that the config sets", async () => {
    await open();
    await chat();
    expect((await chat({}, { ...CACHED, "x-portkey-metadata": '{"a":"b"}' })).status).toBe("MISS");
    expect((await chat({}, config({ cache: { mode: "simple" }, override_params: { temperature: 1 } }))).status).toBe("MISS");
    expect((await chat({ temperature: 1 })).status).toBe("HIT");
  });

  test("one in another namespace; in the same one metadata does not matter", async () => {
    await open();
    const named = (namespace: string, metadata = "{}") => ({
      ...CACHED,
      "x-portkey-cache-namespace": namespace,
      "x-portkey-metadata": metadata,
    });
    expect((await chat({}, named("a"))).status).toBe("MISS");
    expect((await chat({}, named("b"))).status).toBe("MISS");
    expect((await chat({}, named("a", '{"user":"anna"}'))).status).toBe("HIT");
  });

  test("one of another key without a team; a team shares", async () => {
    await open();
    const secret = (name: string) => `a-virtual-key-of-${name}-0123`;
    const teams = { red: {}, blue: {} };
    const keyOf = (name: string, team?: string) => ({ [name]: { secret: secret(name), ...(team && { team }) } });
    await gateway.apply({
      teams,
      keys: { ...keyOf("red1", "red"), ...keyOf("red2", "red"), ...keyOf("blue1", "blue"), ...keyOf("alone"), ...keyOf("lonely") },
    });
    const as = (name: string) => chat({}, { ...CACHED, authorization: `Bearer ${secret(name)}` }).then(({ status }) => status);
    const statuses: (string | null)[] = [];
    for (const name of ["red1", "red2", "blue1", "alone", "lonely", "alone"]) statuses.push(await as(name));
    expect(statuses).toEqual(["MISS", "HIT", "MISS", "MISS", "MISS", "HIT"]);
  });

  test("one that does not ask for the cache", async () => {
    await open();
    await chat();
    expect((await chat({}, {})).status).toBe("DISABLED");
    expect(gateway.upstream.seen).toHaveLength(2);
  });
});

describe("an answer is kept", () => {
  test("for max_age seconds", async () => {
    const own: OwnGateway = await ownGateway({ upstream: numbered() });
    gateway = own;
    const aging = config({ cache: { mode: "simple", max_age: 60 } });
    await chat({}, aging);
    own.clock.advance(59_000);
    expect((await chat({}, aging)).status).toBe("HIT");
    expect((await own.calls(2))[1]?.cache_age_seconds).toBe(59);
    own.clock.advance(2_000);
    const late = await chat({}, aging);
    expect(late.status).toBe("MISS");
    expect(contentOf(late.text)).toBe("answer 2");
  });

  test("until somebody asks for a fresh one, which then takes its place", async () => {
    await open();
    await chat();
    const fresh = await chat({}, { ...CACHED, "x-portkey-cache-force-refresh": "true" });
    expect(fresh.status).toBe("REFRESH");
    expect(contentOf(fresh.text)).toBe("answer 2");
    const after = await chat({}, { ...CACHED, "x-portkey-cache-force-refresh": "false" });
    expect(after.status).toBe("HIT");
    expect(contentOf(after.text)).toBe("answer 2");
  });

  test("by the target that gave it, not by the one that failed", async () => {
    await open({ upstream: inTurn(always({ error: { message: "down" } }, 500), always(completion("from the second"))) });
    const two = config({
      cache: { mode: "simple" },
      strategy: { mode: "fallback" },
      targets: [
        { provider: "@main", override_params: { seed: 1 } },
        { provider: "@main", override_params: { seed: 2 } },
      ],
    });
    await chat({}, two);
    const second = await chat({}, config({ cache: { mode: "simple" }, override_params: { seed: 2 } }));
    expect(second.status).toBe("HIT");
    expect((await chat({}, config({ cache: { mode: "simple" }, override_params: { seed: 1 } }))).status).toBe("MISS");
  });
});

describe("never stored is", () => {
  const GUARDED = (guardrails: object) => config({ cache: { mode: "simple" }, ...guardrails });
  const noBomb = { "default.contains": { words: ["bomb"], operator: "none" }, deny: true };
  const again = async (first: Script, body: object = {}, headers: Record<string, string> = CACHED): Promise<string | null> => {
    await open({ upstream: inTurn(first, always(completion("Hello"))) });
    await chat(body, headers);
    return (await chat()).status;
  };

  test.each([400, 401, 404, 429, 500, 503])("an error: %i", async (status) => {
    expect(await again(always({ error: { message: "no" } }, status))).toBe("MISS");
  });

  test("an error inside a 200", async () => {
    expect(await again(always({ error: { message: "no" } }))).toBe("MISS");
  });

  test("an answer that is no JSON", async () => {
    expect(
      await again((_request, response) => void response.writeHead(200, { "content-type": "application/json" }).end('{"choices":[')),
    ).toBe("MISS");
  });

  test("a stream that was cut, by its connection or before its end", async () => {
    expect(await again(cutAfter([textChunk("an")]), { stream: true })).toBe("MISS");
    await gateway.close();
    settled = 0;
    expect(await again(streaming([textChunk("an")]), { stream: true })).toBe("MISS");
  });

  test.each([false, true])("an answer that a guardrail denied (stream: %s)", async (stream) => {
    const first = stream
      ? streaming([textChunk("a long harmless beginning "), textChunk("and a bomb"), stopChunk, DONE])
      : always(completion("a bomb"));
    expect(await again(first, { stream }, GUARDED({ output_guardrails: [noBomb] }))).toBe("MISS");
  });

  test("a stream that the client left", async () => {
    await open({
      upstream: inTurn(
        streaming([textChunk("an"), textChunk("swer"), ...Array.from({ length: 200 }, () => textChunk(" and on")), stopChunk, DONE], 5),
        always(completion("Hello")),
      ),
    });
    const leaving = new AbortController();
    const response = await gateway.post(
      "/v1/chat/completions",
      { model: "gpt-4o-mini", messages: [{ role: "user", content: "Hello" }], stream: true },
      CACHED,
      leaving.signal,
    );
    await response.body?.getReader().read();
    leaving.abort();
    await gateway.calls();
    expect(statusOf(await gateway.chat({}, CACHED))).toBe("MISS");
  });
});

describe("a hit", () => {
  test("gives back the requests that were reserved for it", async () => {
    await open({ key: { limits: [{ type: "requests", value: 2, window: "month" }] } });
    expect((await chat()).status).toBe("MISS");
    for (let round = 0; round < 3; round += 1) expect((await chat()).status).toBe("HIT");
    expect((await chat({ n: 1 })).response.status).toBe(200);
    expect((await chat({ n: 2 })).response.status).toBe(412);
  });

  test("is judged again by the guardrails of whoever asks", async () => {
    await open({ upstream: always(completion("a bomb")) });
    await chat();
    const guarded = (deny: boolean) =>
      config({ cache: { mode: "simple" }, output_guardrails: [{ "default.contains": { words: ["bomb"], operator: "none" }, deny }] });
    expect(await chat({}, guarded(false))).toMatchObject({ status: "HIT", response: { status: 246 } });
    const denied = await chat({}, guarded(true));
    expect(denied.response.status).toBe(446);
    expect(denied.text).not.toContain("a bomb");
    expect((await chat({ stream: true }, guarded(true))).response.status).toBe(446);
    expect(gateway.upstream.seen).toHaveLength(1);
  });

  test("is redacted for whoever asks for that, and stored as it came", async () => {
    await open({ upstream: always(completion("card 1111-2222")) });
    const hidden = await chat(
      {},
      config({ cache: { mode: "simple" }, output_guardrails: [{ "default.regexReplace": { rule: "\\d{4}-\\d{4}" } }] }),
    );
    expect(contentOf(hidden.text)).toBe("card [REDACTED]");
    expect(contentOf((await chat()).text)).toBe("card 1111-2222");
    expect(
      contentOf(
        (await chat({}, config({ cache: { mode: "simple" }, output_guardrails: [{ "default.regexReplace": { rule: "\\d{4}-\\d{4}" } }] })))
          .text,
      ),
    ).toBe("card [REDACTED]");
    expect(gateway.upstream.seen).toHaveLength(1);
  });

  test("is not for somebody whose key may not use the model any more", async () => {
    await open();
    await gateway.apply({
      teams: { red: {} },
      keys: { test: { secret: TEST_KEY, team: "red" }, narrow: { secret: "a-narrow-virtual-key-0123", team: "red", models: ["o3"] } },
    });
    await chat();
    expect((await chat({}, { ...CACHED, authorization: "Bearer a-narrow-virtual-key-0123" })).response.status).toBe(403);
  });
});

test("while the cache cannot be read or written, calls are answered by the provider", async () => {
  const own = await ownGateway({ upstream: numbered() });
  gateway = own;
  own.breakTable("live");
  expect(await chat()).toMatchObject({ status: "MISS", response: { status: 200 } });
  expect(await chat()).toMatchObject({ status: "MISS", response: { status: 200 } });
});
