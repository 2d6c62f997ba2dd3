import { afterEach, describe, expect, test } from "vitest";
import { jsonAnswer, startStub } from "../support/aws/stubServer.ts";
import { TEST_KEY } from "../support/gateway.ts";
import { type BuiltGateway, type BuiltGatewayOptions, builtGateway } from "../support/lambda/builtGateway.ts";
import { builtBundle } from "../support/lambda/bundle.ts";
import { always, completion, type Script, textChunk } from "../support/scriptedUpstream.ts";

const bundle = builtBundle();

let gateway: BuiltGateway;
afterEach(() => gateway.close());
const open = async (options: Omit<BuiltGatewayOptions, "folder"> = {}) => {
  gateway = await builtGateway({ ...bundle, ...options });
  await gateway.environment.initialized;
};

const silent: Script = () => {};
const speakOnce =
  (text: string): Script =>
  (_request, response) =>
    response.writeHead(200, { "content-type": "text/event-stream" }).write(textChunk(text));

test("settling goes on after the client has its last byte, and the runtime waits for it", async () => {
  const events: string[] = [];
  const [settling, clientHasAll] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const firehose = await startStub(async () => {
    settling.resolve();
    await clientHasAll.promise;
    events.push("record taken");
    return jsonAnswer({ FailedPutCount: 0, RequestResponses: [{ RecordId: "1" }] });
  });
  await open({ variables: { AWS_ENDPOINT_URL_FIREHOSE: firehose.endpoint, LOG_MODE: "metadata" } });
  const { response, ended, done } = await gateway.chat();
  const over = done.then(() => events.push("environment free"));
  await response.text();
  await ended;
  events.push("last byte");
  await settling.promise;
  clientHasAll.resolve();
  await over;
  expect(events).toEqual(["last byte", "record taken", "environment free"]);
  await firehose.close();
});

describe("when time runs out", () => {
  const TIMEOUT_MS = 3_000;

  test("a call that has no answer yet is a 408, settled and logged before Lambda's end", async () => {
    await open({ upstream: silent });
    const { response, done } = await gateway.chat({}, {}, TIMEOUT_MS);
    expect(response.status).toBe(408);
    expect(await response.json()).toMatchObject({ error: { type: "timeout_error", code: "timeout" } });
    await done;
    await gateway.upstream.seen[0]?.abandoned;
    expect(gateway.calls()).toMatchObject([{ status: 408, end: "timeout", error_code: "timeout" }]);
  });

  test("a stream ends with an error event, is billed for what came, and logged", async () => {
    await open({ upstream: speakOnce("The answer is") });
    const { response, ended, done } = await gateway.chat({ stream: true }, {}, TIMEOUT_MS);
    const text = await response.text();
    expect(text.startsWith(textChunk("The answer is"))).toBe(true);
    expect(text).toContain('"code":"timeout"');
    expect(text).not.toContain("[DONE]");
    expect(await ended).toMatchObject({ isWhole: true });
    await done;
    expect(gateway.calls()).toMatchObject([{ status: 200, end: "timeout", cost_status: "estimated", tokens: { output: 3 } }]);
  });

  test("no other target is tried", async () => {
    await open({ upstream: silent });
    const fallback = { strategy: { mode: "fallback" }, targets: [{ provider: "@main" }, { provider: "@main" }] };
    const { response, done } = await gateway.chat({}, { "x-gatehouse-config": JSON.stringify(fallback) }, TIMEOUT_MS);
    expect(response.status).toBe(408);
    await done;
    expect(gateway.upstream.seen).toHaveLength(1);
  });
});

test("bytes that break off have no words for it: the answer is not whole, though the call is settled", async () => {
  await open({
    key: { scopes: ["passthrough"] },
    upstream: (_request, response) => {
      response.writeHead(200, { "content-type": "audio/mpeg", "content-length": "1000" });
      response.write("half of it", () => response.socket?.resetAndDestroy());
    },
  });
  await gateway.apply({ providers: { main: { provider: "custom", base_url: gateway.upstream.url, passthrough: ["*"] } } });
  const { response, ended } = await gateway.post("/v1/audio/speech", { input: "a" });
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow();
  expect(await ended).toMatchObject({ isWhole: false });
  expect(gateway.calls()).toMatchObject([{ end: "cut", route: "/v1/audio/speech" }]);
});

test("nothing of one call is in the next of the same environment", async () => {
  const [mine, theirs] = [TEST_KEY, "another-virtual-key-0123"];
  await open();
  await gateway.apply({ keys: { test: { secret: mine, metadata: { application: "mine" } }, other: { secret: theirs } } });
  gateway.upstream.answer(always(completion("my answer"), 200, { "x-ratelimit-remaining-requests": "41" }));
  const asked = { messages: [{ role: "user", content: "my question" }], user: "me" };
  const first = await gateway.chat(asked, {
    "x-gatehouse-trace-id": "my-trace",
    "x-gatehouse-metadata": '{"session":"my-session"}',
    "openai-beta": "my-beta",
  });
  const myId = first.response.headers.get("x-gatehouse-request-id") ?? "";
  await first.response.text();
  await first.done;
  const logged = gateway.environment.log().length;

  const refused = await gateway.ask({
    method: "POST",
    path: "/v1/chat/completions",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  expect(refused.response.status).toBe(401);
  await refused.response.text();
  await refused.done;

  gateway.upstream.answer(always(completion("their answer")));
  const second = await gateway.chat({}, { authorization: `Bearer ${theirs}` });
  const told = `${JSON.stringify([...second.response.headers])}${await second.response.text()}`;
  await second.done;
  const provider = gateway.upstream.seen.at(-1);
  const everything = [
    told,
    JSON.stringify([provider?.headers, provider?.body]),
    JSON.stringify(gateway.calls().slice(1)),
    gateway.environment.log().slice(logged),
  ].join("\n");
  for (const trace of [myId, mine, "my-trace", "my-session", "my-beta", "my question", "my answer", "mine", '"41"'])
    expect(everything).not.toContain(trace);
  expect(gateway.calls().slice(1)).toMatchObject([
    { status: 401, key: null },
    { status: 200, key: "other", application: null },
  ]);
});
