import { randomBytes } from "node:crypto";
import { request as rawRequest } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { TEST_KEY, type TestGateway, testGateway } from "../support/gateway.ts";
import { always, cutAfter, type Script, streaming } from "../support/scriptedUpstream.ts";

let gateway: TestGateway;
afterEach(() => gateway.close());

/** Gives back what came, as it came. */
const mirror: Script = ({ bytes, headers }, response) =>
  void response.writeHead(200, { "content-type": headers["content-type"] ?? "application/octet-stream" }).end(bytes);

async function open({
  allowed = ["files", "files/*", "audio/*", "batches"],
  key = {},
  upstream = mirror,
}: {
  allowed?: readonly string[];
  key?: object;
  upstream?: Script;
} = {}): Promise<void> {
  gateway = await testGateway({ upstream });
  await gateway.apply({
    providers: { main: { provider: "openai", secret: "env:TEST_SECRET", base_url: gateway.upstream.url, passthrough: allowed } },
    keys: { test: { secret: TEST_KEY, scopes: ["passthrough"], ...key } },
  });
}
const send = (
  method: string,
  path: string,
  { body, headers = {} }: { body?: string | Uint8Array<ArrayBuffer>; headers?: Record<string, string> } = {},
): Promise<Response> =>
  fetch(`${gateway.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${TEST_KEY}`, ...headers },
    ...(body !== undefined && { body }),
  });
const codeOf = async (response: Response): Promise<string> => ((await response.json()) as { error: { code: string } }).error.code;

/** The path as it stands, without a client that tidies it up. */
const statusOfRaw = (path: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(gateway.url);
    const request = rawRequest({ hostname, port, path, headers: { authorization: `Bearer ${TEST_KEY}` } }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode));
    });
    request.on("error", reject).end();
  });

describe("what is passed through", () => {
  test.each(["GET", "POST", "PUT", "PATCH", "DELETE"])("%s keeps method, path, query and answer, and is logged", async (method) => {
    await open({ upstream: always({ object: "file", id: "file-1" }, 201, { "x-request-id": "abc" }) });
    const response = await send(method, "/v1/files/file-1?purpose=a%20b&x=%2F&x=2");
    expect(response.status).toBe(201);
    expect(response.headers.get("x-request-id")).toBe("abc");
    expect(await response.json()).toEqual({ object: "file", id: "file-1" });
    const [seen] = gateway.upstream.seen;
    expect(seen).toMatchObject({ method, path: "/v1/files/file-1?purpose=a%20b&x=%2F&x=2" });
    expect(seen?.headers.authorization).toBe("Bearer sk-the-secret-of-the-provider");
    expect((await gateway.calls())[0]).toMatchObject({
      operation: "passthrough",
      method,
      route: "/v1/files/file-1",
      account: "main",
      status: 201,
      end: "complete",
      attempts: [{ status: 201 }],
    });
  });

  test("JSON arrives byte for byte, but for the provider in front of its model", async () => {
    await open();
    const text = '{ "model" : "gpt-4o", "n":1.0,"seed":12345678901234567890 }';
    const headers = { "content-type": "application/json" };
    expect(await (await send("POST", "/v1/batches", { body: text, headers })).text()).toBe(text);
    const named = await send("POST", "/v1/batches", { body: text.replace("gpt-4o", "@main/gpt-4o"), headers });
    expect(await named.text()).toBe(text);
  });

  test("usage that an answer states is counted and priced", async () => {
    await open({
      allowed: ["*"],
      upstream: always({ model: "gpt-4o-mini-2024-07-18", usage: { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 } }),
    });
    await send("POST", "/v1/something/new", { body: '{"model":"gpt-4o-mini"}', headers: { "content-type": "application/json" } });
    expect((await gateway.calls())[0]).toMatchObject({
      model_asked: "gpt-4o-mini",
      tokens: { input: 9, output: 3 },
      charged_cost_nano_usd: 3150,
    });
  });

  test("8 MB of binary come back unchanged", async () => {
    gateway = await testGateway({ upstream: mirror, settings: { maxRequestBytes: 16_000_000 } });
    await gateway.apply({
      providers: { main: { provider: "openai", secret: "env:TEST_SECRET", base_url: gateway.upstream.url, passthrough: ["audio/*"] } },
      keys: { test: { secret: TEST_KEY, scopes: ["passthrough"] } },
    });
    const bytes = randomBytes(8_000_000);
    const response = await send("POST", "/v1/audio/speech", { body: new Uint8Array(bytes), headers: { "content-type": "audio/mpeg" } });
    expect(response.headers.get("content-type")).toBe("audio/mpeg");
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
    expect((await gateway.calls())[0]).toMatchObject({ request_bytes: 8_000_000, response_bytes: 8_000_000, end: "complete" });
  });

  test("a form with files is sent on as it is, with its boundary", async () => {
    await open();
    const form = new FormData();
    form.append("purpose", "batch");
    form.append("file", new Blob([randomBytes(1000)]), "a.bin");
    const response = await fetch(`${gateway.url}/v1/files`, {
      method: "POST",
      headers: { authorization: `Bearer ${TEST_KEY}` },
      body: form,
    });
    expect(response.headers.get("content-type")).toMatch(/^multipart\/form-data; boundary=/);
    const back = await response.formData();
    expect(back.get("purpose")).toBe("batch");
    expect((back.get("file") as File).size).toBe(1000);
  });

  test("events of a protocol that nobody here knows arrive as they were sent", async () => {
    const events = [
      'event: response.created\r\ndata: {"a":1}\r\n\r\n',
      ": ping\n\n",
      'event: odd\ndata: {"b":\ndata: 2}\n\n',
      "data: no end",
    ];
    await open({ allowed: ["responses"], upstream: streaming(events) });
    const response = await send("POST", "/v1/responses", {
      body: '{"model":"gpt-4o","stream":true}',
      headers: { "content-type": "application/json" },
    });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(await response.text()).toBe(events.join(""));
    expect((await gateway.calls())[0]).toMatchObject({ end: "complete", stream: true });
  });

  test("an answer without a body stays one", async () => {
    await open({ upstream: (_request, response) => void response.writeHead(204).end() });
    const response = await send("DELETE", "/v1/files/file-1");
    expect(response.status).toBe(204);
    expect(await response.text()).toBe("");
  });

  test("a failure of the provider is the client's answer", async () => {
    await open({ upstream: always({ error: { message: "no such file" } }, 404) });
    const response = await send("GET", "/v1/files/file-9");
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ error: { message: "no such file" } });
  });

  test("bytes that broke off are no whole answer: the connection breaks too", async () => {
    await open({
      upstream: (_request, response) => {
        response.writeHead(200, { "content-type": "audio/mpeg" });
        response.write(randomBytes(5000), () => setImmediate(() => response.socket?.resetAndDestroy()));
      },
    });
    const reading = send("GET", "/v1/audio/speech").then((response) => response.arrayBuffer());
    await expect(reading).rejects.toThrow();
    expect((await gateway.calls())[0]?.end).toMatch(/^(cut|failed)$/);
  });

  test("events that broke off end with an error event", async () => {
    await open({ allowed: ["responses"], upstream: cutAfter(['data: {"a":1}\n\n', 'data: {"a":2}\n\n']) });
    const text = await (await send("POST", "/v1/responses", { body: "{}", headers: { "content-type": "application/json" } })).text();
    expect(text).toContain('data: {"a":2}');
    expect(text).toContain('"code":"upstream_cut"');
    expect((await gateway.calls())[0]?.end).toBe("cut");
  });
});

describe("nothing is passed through", () => {
  test("without the key's scope", async () => {
    await open({ key: { scopes: [] } });
    const response = await send("GET", "/v1/files");
    expect(response.status).toBe(403);
    expect(await codeOf(response)).toBe("scope_missing");
  });

  test.each(["/v1/fine_tuning/jobs", "/v1/filesystem", "/v1/file", "/v1/organization/admin_api_keys"])(
    "to a path that the provider's list does not have: %s",
    async (path) => {
      await open();
      const response = await send("GET", path);
      expect(response.status).toBe(403);
      expect(await codeOf(response)).toBe("route_not_allowed");
      expect(gateway.upstream.seen).toHaveLength(0);
    },
  );

  test("where a provider has no list", async () => {
    await open({ allowed: [] });
    expect((await send("GET", "/v1/files")).status).toBe(403);
  });

  test("where the key's routes do not have the path", async () => {
    await open({ key: { routes: ["chat/*", "files/mine-*"] } });
    expect((await send("GET", "/v1/files/mine-1")).status).toBe(200);
    expect((await send("GET", "/v1/files/other")).status).toBe(403);
  });

  test.each([
    "/v1/files/../organization/keys",
    "/v1/files/%2e%2e/organization/keys",
    "/v1/files/%2E%2E%2Forganization",
    "/v1/files/%252e%252e/organization",
    "/v1/files/..%5c..%5corganization",
    "/v1/files/..;/organization",
    "/v1/files/%00",
    "/v1/files//evil.example/x",
    "/v1/files/%",
    "/v1/files/./x",
    "/v1/files/..",
    "/v1/files/a%3Fb=c",
    "/v1/files/a%23b",
  ])("to a path that means another one: %s", async (path) => {
    await open({ allowed: ["files/*"] });
    expect(await statusOfRaw(path)).toBeGreaterThanOrEqual(400);
    expect(gateway.upstream.seen).toHaveLength(0);
  });

  test("to a model that the key may not use", async () => {
    await open({ key: { models: ["gpt-*"] } });
    expect((await send("POST", "/v1/batches", { body: '{"model":"o3"}', headers: { "content-type": "application/json" } })).status).toBe(
      403,
    );
  });

  test("that is broken JSON", async () => {
    await open();
    expect((await send("POST", "/v1/batches", { body: '{"model":', headers: { "content-type": "application/json" } })).status).toBe(400);
  });
});
