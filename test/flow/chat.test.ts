import { afterEach, expect, test } from "vitest";
import { type TestGateway, testGateway } from "../support/gateway.ts";
import { completion, DONE, stopChunk, streaming, textChunk, usageChunk } from "../support/scriptedUpstream.ts";

let gateway: TestGateway;
afterEach(() => gateway.close());

test("a whole answer reaches the client as the provider sent it, and the log says what it cost", async () => {
  gateway = await testGateway();
  const response = await gateway.chat();
  expect(response.status).toBe(200);
  expect(await response.text()).toBe(JSON.stringify(completion("Hello")));
  const [call] = await gateway.calls();
  expect(call).toMatchObject({
    key: "test",
    account: "main",
    provider: "openai",
    model_asked: "gpt-4o-mini",
    model_served: "gpt-4o-mini-2024-07-18",
    tokens: { input: 9, output: 3 },
    // 9 × $0.15 and 3 × $0.60 a million tokens
    list_cost_nano_usd: 3150,
    charged_cost_nano_usd: 3150,
    cost_status: "exact",
    status: 200,
    end: "complete",
    finish_reasons: ["stop"],
  });
});

test("a stream is forwarded as received, with usage asked for and kept back", async () => {
  const told = [textChunk("Hel"), textChunk("lo"), stopChunk];
  gateway = await testGateway({ upstream: streaming([...told, usageChunk, DONE]) });
  const response = await gateway.chat({ stream: true });
  expect(await response.text()).toBe([...told, DONE].join(""));
  expect(gateway.upstream.seen[0]?.body.stream_options).toEqual({ include_usage: true });
  const [call] = await gateway.calls();
  expect(call).toMatchObject({ stream: true, tokens: { input: 9, output: 3 }, cost_status: "exact", end: "complete" });
  const bodies = await gateway.bodies(2);
  expect(JSON.parse(bodies.find(({ kind }) => kind === "response")?.content ?? "")).toMatchObject({
    choices: [{ message: { content: "Hello" } }],
  });
});
