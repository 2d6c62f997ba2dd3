import { afterEach, expect, test } from "vitest";
import { QUESTION, TEST_KEY, type TestGateway, testGateway } from "../support/gateway.ts";
import { always, completion, DONE, event, stopChunk, streaming, textChunk, usageChunk } from "../support/scriptedUpstream.ts";

let gateway: TestGateway;
afterEach(() => gateway.close());

const noBombs = { input_guardrails: [{ "default.contains": { words: ["bomb"], operator: "none" }, deny: true }] };
const configHeader = (config: object) => ({ "x-gatehouse-config": JSON.stringify(config) });
const twoProviders = (url: string) => ({
  first: { provider: "openai", secret: "env:TEST_SECRET", base_url: url },
  second: { provider: "openai", secret: "env:TEST_SECRET", base_url: url },
});

test("a text that stands twice in one message cannot pass as the harmless one of the two", async () => {
  gateway = await testGateway();
  const body = '{"model":"gpt-4o-mini","messages":[{"role":"user","content":"a bomb","content":"flowers"}]}';
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${TEST_KEY}`, ...configHeader(noBombs) },
    body,
  });
  expect(response.status).toBe(400);
  expect(gateway.upstream.seen).toHaveLength(0);
});

test("what an operator sets in the place of the client's messages is screened too", async () => {
  gateway = await testGateway();
  const overridden = { ...noBombs, override_params: { messages: [{ role: "user", content: "a bomb" }] } };
  expect((await gateway.chat({}, configHeader(overridden))).status).toBe(446);
  expect(gateway.upstream.seen).toHaveLength(0);
});

test("a host that repeats the text so far in every event cannot repeat what a guardrail took out", async () => {
  const repeating = event({
    choices: [{ index: 0, delta: { content: "the secret" }, message: { role: "assistant", content: "the secret" }, finish_reason: null }],
  });
  gateway = await testGateway({ upstream: streaming([repeating, stopChunk, usageChunk, DONE]) });
  const guarded = { output_guardrails: [{ "default.regexReplace": { rule: "secret" } }] };
  const text = await (await gateway.chat({ stream: true }, configHeader(guarded))).text();
  expect(text).toContain("[REDACTED]");
  expect(text).not.toContain("secret");
  expect(JSON.stringify(await gateway.bodies(2))).not.toContain("secret");
});

test("an answer that a guardrail kept back is paid for, although the next target's answer served", async () => {
  gateway = await testGateway();
  let calls = 0;
  gateway.upstream.answer((request, response) => always(completion(calls++ === 0 ? "a bomb" : "flowers"))(request, response));
  await gateway.apply({ providers: twoProviders(gateway.upstream.url) });
  const config = {
    strategy: { mode: "fallback", on_status_codes: [446] },
    targets: [{ provider: "@first" }, { provider: "@second" }],
    output_guardrails: [{ "default.contains": { words: ["bomb"], operator: "none" }, deny: true }],
  };
  const response = await gateway.chat({}, configHeader(config));
  expect(response.status).toBe(200);
  expect(await response.text()).toContain("flowers");
  const [call] = await gateway.calls();
  expect(call).toMatchObject({ account: "second", tokens: { input: 18, output: 6 }, charged_cost_nano_usd: 6300, cost_status: "exact" });
});

test("a stream that nobody will read, because the next target is asked, is cancelled", async () => {
  gateway = await testGateway();
  let calls = 0;
  gateway.upstream.answer(async (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(textChunk("Hello"));
    if (calls++ > 0) response.end(stopChunk + usageChunk + DONE);
  });
  await gateway.apply({ providers: twoProviders(gateway.upstream.url) });
  const config = {
    strategy: { mode: "fallback", on_status_codes: [246] },
    targets: [{ provider: "@first", input_guardrails: [{ "default.contains": { words: ["please"] } }] }, { provider: "@second" }],
  };
  const response = await gateway.chat({ stream: true }, configHeader(config));
  expect(response.status).toBe(200);
  await response.text();
  await gateway.upstream.seen[0]?.abandoned;
  expect((await gateway.calls())[0]).toMatchObject({ account: "second", attempts: [{ account: "first" }, { account: "second" }] });
});

test("a model that names one provider is sent without that name where the config goes to another", async () => {
  gateway = await testGateway();
  await gateway.apply({ providers: twoProviders(gateway.upstream.url) });
  await gateway.chat({ ...QUESTION, model: "@first/gpt-4o" }, configHeader({ provider: "@second" }));
  expect(gateway.upstream.seen[0]?.body.model).toBe("gpt-4o");
});

test("whether an answer is streamed cannot be overridden", async () => {
  gateway = await testGateway();
  const response = await gateway.chat({}, configHeader({ override_params: { stream: true } }));
  expect(response.status).toBe(400);
  expect(await response.text()).toContain("override_params.stream");
});
