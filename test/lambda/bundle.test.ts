import { afterAll, beforeAll, expect, test } from "vitest";
import { QUESTION, TEST_KEY } from "../support/gateway.ts";
import { type BuiltGateway, builtGateway } from "../support/lambda/builtGateway.ts";
import { builtBundle } from "../support/lambda/bundle.ts";
import { always, completion, cutAfter, DONE, stopChunk, streaming, textChunk, usageChunk } from "../support/scriptedUpstream.ts";
import { streamReader } from "../support/streamReader.ts";

const bundle = builtBundle();

let gateway: BuiltGateway;
beforeAll(async () => {
  gateway = await builtGateway({ ...bundle, key: { scopes: ["passthrough"] } });
});
afterAll(() => gateway.close());

const config = (document: object) => ({ "x-portkey-config": JSON.stringify(document) });
const noBombs = (deny: boolean) => config({ input_guardrails: [{ "default.contains": { words: ["bomb"], operator: "none" }, deny }] });
const bomb = { messages: [{ role: "user", content: "a bomb" }] };

test("answers a whole call, and puts it into the log", async () => {
  gateway.upstream.answer(always(completion("Hello")));
  const { response, ended, done } = await gateway.chat();
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(await response.json()).toEqual(completion("Hello"));
  expect(await ended).toEqual({ errorType: undefined, isWhole: true });
  await done;
  const id = response.headers.get("x-gatehouse-request-id");
  expect(gateway.calls().filter(({ request_id }) => request_id === id)).toMatchObject([
    { status: 200, end: "complete", cost_status: "exact" },
  ]);
});

test("streams: the client has the first token while the provider still speaks", async () => {
  const clientHasFirst = Promise.withResolvers<void>();
  gateway.upstream.answer(async (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).write(textChunk("Hel"));
    await clientHasFirst.promise;
    response.end(textChunk("lo") + stopChunk + usageChunk + DONE);
  });
  const { response, done } = await gateway.chat({ stream: true });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const reader = streamReader(response);
  await reader.until("Hel");
  clientHasFirst.resolve();
  expect(await reader.all()).toBe(textChunk("Hel") + textChunk("lo") + stopChunk + DONE);
  await done;
});

test("246: a failed guardrail that does not deny", async () => {
  gateway.upstream.answer(always(completion("Hello")));
  const { response, done } = await gateway.chat(bomb, noBombs(false));
  expect(response.status).toBe(246);
  expect(await response.json()).toMatchObject({ choices: [{}], hook_results: { before_request_hooks: [{ verdict: false }] } });
  await done;
});

test("446: a failed guardrail that denies", async () => {
  const seen = gateway.upstream.seen.length;
  const { response, done } = await gateway.chat(bomb, noBombs(true));
  expect(response.status).toBe(446);
  expect(await response.json()).toMatchObject({ error: { type: "hooks_failed" } });
  await done;
  expect(gateway.upstream.seen).toHaveLength(seen);
});

test("an error before the first byte has its own status, also of a stream", async () => {
  gateway.upstream.answer(always({ error: { message: "Slow down" } }, 429, { "retry-after": "7" }));
  for (const stream of [false, true]) {
    const { response, ended, done } = await gateway.chat({ stream });
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("7");
    expect(await response.json()).toEqual({ error: { message: "Slow down" } });
    expect(await ended).toMatchObject({ isWhole: true });
    await done;
  }
});

test("an error in mid-stream is an event, and the stream ends well for Lambda", async () => {
  gateway.upstream.answer(cutAfter([textChunk("The answer")]));
  const { response, ended, done } = await gateway.chat({ stream: true });
  const text = await response.text();
  expect(text.startsWith(textChunk("The answer"))).toBe(true);
  expect(text).toContain('"code":"upstream_cut"');
  expect(text).not.toContain("[DONE]");
  expect(await ended).toEqual({ errorType: undefined, isWhole: true });
  await done;
  expect(gateway.calls().at(-1)).toMatchObject({ status: 200, end: "cut", cost_status: "estimated" });
});

test("takes bodies in base64, headers that were joined and cookies that stand apart", async () => {
  gateway.upstream.answer(always(completion("Hello")));
  const { response, done } = await gateway.ask({
    method: "POST",
    path: "/v1/chat/completions?a=1&b=%20",
    headers: {
      "content-type": "application/vnd.api+json",
      authorization: `Bearer ${TEST_KEY}`,
      accept: "text/plain,application/json",
      cookie: "a=1; b=2",
    },
    body: JSON.stringify({ ...QUESTION, messages: [{ role: "user", content: "Grüße 🦊" }] }),
  });
  expect(response.status).toBe(200);
  await response.text();
  await done;
  const { body, headers } = gateway.upstream.seen.at(-1) ?? {};
  expect(body).toMatchObject({ messages: [{ content: "Grüße 🦊" }] });
  expect(headers).toMatchObject({ accept: "text/plain,application/json" });
  expect(headers).not.toHaveProperty("cookie");
});

test("refuses a body that comes near to what an event can hold, and says how large one may be", async () => {
  const { response, done } = await gateway.chat({ messages: [{ role: "user", content: "a".repeat(4_400_000) }] });
  expect(response.status).toBe(413);
  expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining("4400000 bytes") } });
  await done;
});

test("answers more than one piece of a stream can hold, byte for byte", async () => {
  const answer = completion("x".repeat(1_000_000));
  gateway.upstream.answer(always(answer));
  const { response, done } = await gateway.chat();
  expect(await response.json()).toEqual(answer);
  gateway.upstream.answer(
    streaming([...Array.from({ length: 500 }, (_, index) => textChunk(`${index} ${"y".repeat(1_000)}`)), stopChunk, usageChunk, DONE]),
  );
  const { response: streamed } = await gateway.chat({ stream: true });
  expect((await streamed.text()).length).toBeGreaterThan(500_000);
  await done;
});
