import { QUESTION, TEST_KEY } from "../support/gateway.ts";
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

/** A request as both doors take it. */
export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}
export interface Row {
  readonly name: string;
  /** Made anew for each request of each gateway. */
  readonly script: () => Script;
  /** One after the other; the last one has the status. */
  readonly sent: readonly Sent[];
  readonly status: number;
}

const LIMITED = "a-key-with-a-limit-0123456789";
const SPENT = "a-key-with-a-budget-0123456789";
const NARROW = "a-key-for-few-models-0123456789";

const noBombs = { "default.contains": { words: ["bomb"], operator: "none" } };
const hideCards = { "default.regexReplace": { rule: "\\d{4}-\\d{4}", redactText: "[CARD]" } };

export const sharedFile = (baseUrl: string) => {
  const account = { provider: "openai", secret: "sk-the-secret-of-the-provider", base_url: baseUrl };
  const limit = (window: string) => [{ type: "requests", value: 1, window }];
  return {
    providers: {
      main: account,
      spare: account,
      dead: { ...account, base_url: "http://127.0.0.1:1" },
      full: { ...account, limits: [{ type: "requests", value: 0, window: "hour" }] },
    },
    guardrails: { "no-bombs": { ...noBombs, deny: true } },
    configs: { saved: { provider: "@main", input_guardrails: ["no-bombs"] } },
    keys: {
      test: { secret: TEST_KEY, scopes: ["passthrough"] },
      limited: { secret: LIMITED, providers: ["main"], limits: limit("day") },
      spent: { secret: SPENT, providers: ["main"], limits: limit("month") },
      narrow: { secret: NARROW, providers: ["main"], models: ["gpt-4o*"], allow_config_override: false },
    },
  };
};

const post = (path: string, body: unknown, headers: Record<string, string> = {}): Sent => ({
  method: "POST",
  path,
  headers: { "content-type": "application/json", authorization: `Bearer ${TEST_KEY}`, ...headers },
  body: typeof body === "string" ? body : JSON.stringify(body),
});
const chat = (body: object = {}, config: object | string = { provider: "@main" }, headers: Record<string, string> = {}): Sent =>
  post(
    "/v1/chat/completions",
    { ...QUESTION, ...body },
    { "x-portkey-config": typeof config === "string" ? config : JSON.stringify(config), ...headers },
  );
const get = (path: string, headers: Record<string, string> = { authorization: `Bearer ${TEST_KEY}` }): Sent => ({
  method: "GET",
  path,
  headers,
});
const withKey = (key: string): Sent => post("/v1/chat/completions", QUESTION, { authorization: `Bearer ${key}` });
const asks = (content: string) => ({ messages: [{ role: "user", content }] });

const says = (text: string) => () => always(completion(text), 200, { "x-ratelimit-remaining-requests": "41", "openai-processing-ms": "7" });
const streams =
  (...texts: readonly string[]) =>
  () =>
    streaming([...texts.map(textChunk), stopChunk, usageChunk, DONE]);
const stream = { stream: true };
const fails = always({ error: { message: "The server had an error", type: "server_error" } }, 500);
const both = {
  strategy: { mode: "fallback" },
  targets: [{ provider: "@main" }, { provider: "@spare", override_params: { model: "gpt-4o" } }],
};
const cached = { provider: "@main", cache: { mode: "simple", max_age: 600 } };
const guarded = (list: object) => ({ provider: "@main", ...list });
const denied = { input_guardrails: [{ ...noBombs, deny: true }] };
const noted = { input_guardrails: [{ ...noBombs, deny: false }] };
const lenient = { "x-portkey-strict-open-ai-compliance": "false" };

export const REQUESTS: readonly Row[] = [
  { name: "a whole answer", script: says("Hello"), sent: [chat()], status: 200 },
  { name: "a streamed answer", script: streams("Hel", "lo 🦊"), sent: [chat(stream)], status: 200 },
  {
    name: "a stream with usage for the client",
    script: streams("Hello"),
    sent: [chat({ stream: true, stream_options: { include_usage: true } })],
    status: 200,
  },
  { name: "a model that names its provider", script: says("Hello"), sent: [chat({ model: "@spare/gpt-4o" }, {})], status: 200 },
  {
    name: "an error of the provider",
    script: () => always({ error: { message: "Slow down" } }, 429, { "retry-after": "7" }),
    sent: [chat()],
    status: 429,
  },
  { name: "an error of the provider, asked for a stream", script: () => fails, sent: [chat(stream)], status: 500 },
  {
    name: "an error inside a 200",
    script: () => streaming([event({ error: { message: "Overloaded", code: 429 } })]),
    sent: [chat(stream)],
    status: 429,
  },
  { name: "a stream that breaks off", script: () => cutAfter([textChunk("The answer")]), sent: [chat(stream)], status: 200 },
  {
    name: "an error event in mid-stream",
    script: () => streaming([textChunk("The"), event({ error: { message: "Overloaded" } })], 5),
    sent: [chat(stream)],
    status: 200,
  },
  { name: "a provider that is not there", script: says(""), sent: [chat({}, { provider: "@dead" })], status: 502 },
  { name: "a timeout", script: () => () => {}, sent: [chat({}, { provider: "@main", request_timeout: 50 })], status: 408 },
  { name: "a fallback", script: () => inTurn(fails, says("Hello")()), sent: [chat({}, both)], status: 200 },
  { name: "a fallback of a stream", script: () => inTurn(fails, streams("Hello")()), sent: [chat(stream, both)], status: 200 },
  { name: "a cache miss and a hit", script: says("kept"), sent: [chat(asks("keep"), cached), chat(asks("keep"), cached)], status: 200 },
  {
    name: "a stream out of the cache",
    script: says("kept"),
    sent: [chat(asks("keep 2"), cached), chat({ ...asks("keep 2"), ...stream }, cached)],
    status: 200,
  },
  { name: "246", script: says("Hello"), sent: [chat(asks("a bomb"), guarded(noted))], status: 246 },
  {
    name: "246 of a stream",
    script: streams("Hello"),
    sent: [chat({ ...asks("a bomb"), ...stream }, guarded(noted), lenient)],
    status: 246,
  },
  { name: "446", script: says("Hello"), sent: [chat(asks("a bomb"), guarded(denied))], status: 446 },
  { name: "446 of a stream", script: streams("Hello"), sent: [chat({ ...asks("a bomb"), ...stream }, guarded(denied))], status: 446 },
  {
    name: "446 of an answer",
    script: says("a bomb"),
    sent: [chat({}, guarded({ output_guardrails: [{ ...noBombs, deny: true }] }))],
    status: 446,
  },
  {
    name: "a denied answer in mid-stream",
    script: streams(
      ...Array.from({ length: 60 }, () => "harmless words, "),
      "a b",
      "omb goes off",
      ...Array.from({ length: 60 }, () => "more words, "),
    ),
    sent: [chat(stream, guarded({ output_guardrails: [{ ...noBombs, deny: true }] }))],
    status: 200,
  },
  {
    name: "a rewritten question and answer",
    script: says("1234-5678"),
    sent: [chat(asks("1234-5678"), guarded({ input_guardrails: [hideCards], output_guardrails: [hideCards] }))],
    status: 200,
  },
  {
    name: "a rewritten stream",
    script: streams("12", "34-56", "78 is it"),
    sent: [chat(stream, guarded({ output_guardrails: [hideCards] }))],
    status: 200,
  },
  { name: "a saved config with a saved guardrail", script: says("Hello"), sent: [chat(asks("a bomb"), "saved")], status: 446 },
  { name: "a rate that is used up", script: says("Hello"), sent: [withKey(LIMITED), withKey(LIMITED)], status: 429 },
  { name: "a budget that is used up", script: says("Hello"), sent: [withKey(SPENT), withKey(SPENT)], status: 412 },
  { name: "a provider's limit", script: says("Hello"), sent: [chat({}, { provider: "@full" })], status: 429 },
  { name: "no key", script: says(""), sent: [get("/v1/models", {})], status: 401 },
  { name: "an unknown key", script: says(""), sent: [withKey("gate_nobody-has-this-key-0123")], status: 401 },
  {
    name: "a model that the key may not use",
    script: says(""),
    sent: [post("/v1/chat/completions", { ...QUESTION, model: "o3" }, { authorization: `Bearer ${NARROW}` })],
    status: 403,
  },
  { name: "no provider named", script: says(""), sent: [chat({}, {})], status: 400 },
  { name: "a config that is wrong", script: says(""), sent: [chat({}, { retries: { attempts: 1 }, nonsense: true })], status: 400 },
  { name: "a body that is no JSON", script: says(""), sent: [post("/v1/chat/completions", '{"model":')], status: 400 },
  {
    name: "a body of another type",
    script: says(""),
    sent: [post("/v1/chat/completions", "a=1", { "content-type": "application/x-www-form-urlencoded" })],
    status: 415,
  },
  { name: "a body that is too large", script: says(""), sent: [post("/v1/chat/completions", " ".repeat(4_400_001))], status: 413 },
  { name: "another method", script: says(""), sent: [get("/v1/chat/completions")], status: 405 },
  { name: "a path outside the API", script: says(""), sent: [get("/nowhere?a=1")], status: 404 },
  { name: "the list of models", script: says(""), sent: [get("/v1/models")], status: 200 },
  { name: "health", script: says(""), sent: [get("/health", {})], status: 200 },
  {
    name: "embeddings",
    script: () => always({ object: "list", data: [], model: "e", usage: { prompt_tokens: 1, total_tokens: 1 } }),
    sent: [post("/v1/embeddings", { model: "@main/e", input: "a" })],
    status: 200,
  },
];
