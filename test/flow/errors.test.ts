import { request as rawRequest } from "node:http";
import { connect } from "node:net";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { QUESTION, TEST_KEY, type TestGateway, testGateway } from "../support/gateway.ts";
import { always, completion, DONE, event, type Script, stopChunk, textChunk } from "../support/scriptedUpstream.ts";

let gateway: TestGateway;
afterEach(() => gateway.close());

const AUTHORIZED = { authorization: `Bearer ${TEST_KEY}` };
const JSON_CONTENT = { "content-type": "application/json" };
const config = (document: object) => ({ "x-portkey-config": JSON.stringify(document) });
const send = (
  method: string,
  path: string,
  { body, headers = {} }: { body?: string; headers?: Record<string, string> } = {},
): Promise<Response> =>
  fetch(`${gateway.url}${path}`, { method, headers: { ...AUTHORIZED, ...headers }, ...(body !== undefined && { body }) });
const chatRaw = (body: string, headers: Record<string, string> = JSON_CONTENT) => send("POST", "/v1/chat/completions", { body, headers });
const answering =
  (text: string | Buffer, headers: Record<string, string> = JSON_CONTENT, status = 200): Script =>
  (_request, response) =>
    void response.writeHead(status, headers).end(text);

interface ErrorBody {
  readonly error: { readonly message: string; readonly type: string; readonly code: string; readonly param: string | null };
  readonly gatehouse: { readonly request_id: string; readonly remedy?: string };
}

/** In OpenAI's shape, with the id under which the operator finds the call, and with nothing of how it is made. */
async function expectError(response: Response, status: number, error: object): Promise<ErrorBody> {
  const text = await response.text();
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toBe("application/json");
  const body = JSON.parse(text) as ErrorBody;
  expect(Object.keys(body.error).sort()).toEqual(["code", "message", "param", "type"]);
  expect(body.error).toMatchObject(error);
  expect(body.gatehouse.request_id).toBe(response.headers.get("x-gatehouse-request-id"));
  const recorded = async () => (await gateway.calls()).find(({ request_id: id }) => id === body.gatehouse.request_id);
  await expect.poll(recorded).toMatchObject({ status, error_code: body.error.code });
  expect(text).not.toMatch(/node:|\.ts:|at async|127\.0\.0\.1/);
  return body;
}

describe("a request that cannot be served is refused", () => {
  test("with 404 outside of /v1", async () => {
    gateway = await testGateway();
    for (const path of ["/", "/v1", "/v1/", "/v2/chat/completions", "/chat/completions", "/V1/chat/completions"]) {
      await expectError(await send("POST", path, { body: "{}", headers: JSON_CONTENT }), 404, {
        type: "invalid_request_error",
        code: "not_found",
      });
    }
  });

  test("with 404 that repeats nothing dangerous of its path", async () => {
    gateway = await testGateway();
    const { error } = await expectError(await send("GET", `/<script>${"x".repeat(5000)}`), 404, {});
    expect(error.message.length).toBeLessThan(300);
    expect(error.message).not.toContain("<");
  });

  test.each([
    ["GET", "/v1/chat/completions", "POST"],
    ["PUT", "/v1/embeddings", "POST"],
    ["POST", "/v1/models", "GET"],
    ["OPTIONS", "/v1/files", "GET, POST, PUT, PATCH, DELETE"],
  ])("with 405 and what is allowed: %s %s", async (method, path, allow) => {
    gateway = await testGateway();
    const response = await send(method, path);
    expect(response.headers.get("allow")).toBe(allow);
    await expectError(response, 405, { type: "invalid_request_error", code: "method_not_allowed" });
  });

  test("with 413 when it is too large, and one byte less is served", async () => {
    gateway = await testGateway({ settings: { maxRequestBytes: 1000 } });
    const padded = (length: number) => {
      const body = JSON.stringify({ ...QUESTION, pad: "" });
      return body.replace('"pad":""', `"pad":"${"x".repeat(length - body.length)}"`);
    };
    expect((await chatRaw(padded(1000))).status).toBe(200);
    const { error } = await expectError(await chatRaw(padded(1001)), 413, { type: "invalid_request_error", code: "payload_too_large" });
    expect(error.message).toContain("1000 bytes");
  });

  test.each(["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/jsonp"])(
    "with 415 when it comes as %s",
    async (type) => {
      gateway = await testGateway();
      await expectError(await chatRaw(JSON.stringify(QUESTION), { "content-type": type }), 415, { code: "unsupported_media_type" });
    },
  );

  test.each(["application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.api+json"])(
    "not when it comes as %s",
    async (type) => {
      gateway = await testGateway();
      expect((await chatRaw(JSON.stringify(QUESTION), { "content-type": type })).status).toBe(200);
    },
  );

  test.each([
    ["no JSON", '{"model":'],
    ["nothing", ""],
    ["a list", "[]"],
    ["a text", '"model"'],
    ["null", "null"],
    ["a number", "7"],
    ["trailing words", "{} {}"],
    ["a comment", '{"model":"m" /* no */}'],
  ])("with 400 when its body is %s", async (_what, body) => {
    gateway = await testGateway();
    await expectError(await chatRaw(body), 400, { type: "invalid_request_error", code: "invalid_json" });
    expect(gateway.upstream.seen).toHaveLength(0);
  });

  test.each(['{"model":"a","messages":[],"model":"b"}', '{"model":"a","messages":[],"mod\\u0065l":"b"}', '{"messages":[],"messages":[]}'])(
    "with 400 when it says a thing twice: %s",
    async (body) => {
      gateway = await testGateway();
      await expectError(await chatRaw(body), 400, { code: "invalid_json", message: expect.stringContaining("twice") });
      expect(gateway.upstream.seen).toHaveLength(0);
    },
  );

  test("with 400 when it names no model", async () => {
    gateway = await testGateway();
    await expectError(await chatRaw('{"messages":[]}'), 400, { code: "model_required", param: "model" });
    await expectError(await chatRaw('{"model":""}'), 400, { code: "model_required" });
    await expectError(await chatRaw('{"model":null}'), 400, { param: "model" });
  });

  test("and the process goes on when the request is no HTTP at all", async () => {
    gateway = await testGateway();
    const { port } = new URL(gateway.url);
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), "127.0.0.1", () => socket.write("NONSENSE\r\n\r\n"));
      socket.on("data", (data) => resolve(data.toString()));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400/);
    expect((await gateway.chat()).status).toBe(200);
  });
});

describe("what a provider says goes on to the client", () => {
  test.each([400, 401, 403, 404, 409, 422, 429, 500, 503, 529])("%i with its body as it came", async (status) => {
    const body = '{ "error": {"message":"no\\u00e9", "type":"x","param":null,"code":"y"}, "extra":1.0 }';
    gateway = await testGateway({ upstream: answering(body, JSON_CONTENT, status) });
    const response = await gateway.chat();
    expect(response.status).toBe(status);
    expect(await response.text()).toBe(body);
    expect((await gateway.calls())[0]).toMatchObject({
      status,
      end: "failed",
      attempts: [{ status, error_code: `http_${status}` }],
      charged_cost_nano_usd: 0,
      cost_status: "none",
    });
  });

  test("also where it is no JSON", async () => {
    gateway = await testGateway({ upstream: answering("<h1>Bad gateway</h1>", { "content-type": "text/html" }, 502) });
    const response = await gateway.chat();
    expect(response.status).toBe(502);
    expect(response.headers.get("content-type")).toBe("text/html");
    expect(await response.text()).toBe("<h1>Bad gateway</h1>");
  });

  test("with the headers that are the client's business, and without those that are not", async () => {
    const headers = {
      ...JSON_CONTENT,
      "retry-after": "7",
      "x-ratelimit-remaining-requests": "3",
      "x-request-id": "abc",
      "set-cookie": "session=1",
      "openai-organization": "org-of-the-operator",
      "x-portkey-provider": "a lie",
      "x-gatehouse-request-id": "a lie",
      "keep-alive": "timeout=5",
      "proxy-authenticate": "Basic",
      "strict-transport-security": "max-age=1",
    };
    for (const status of [200, 429]) {
      gateway = await testGateway({ upstream: always(completion("Hello"), status, headers) });
      const response = await gateway.chat();
      const names = [...response.headers.keys()];
      expect(response.headers.get("retry-after")).toBe("7");
      expect(response.headers.get("x-ratelimit-remaining-requests")).toBe("3");
      expect(response.headers.get("x-request-id")).toBe("abc");
      for (const name of ["set-cookie", "openai-organization", "proxy-authenticate", "strict-transport-security"])
        expect(names).not.toContain(name);
      expect(response.headers.get("x-portkey-provider")).toBe("openai");
      expect(response.headers.get("x-gatehouse-request-id")).toMatch(/^req_/);
      if (status === 200) await gateway.close();
    }
  });

  test.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
  ])("when it comes compressed with %s, uncompressed", async (encoding, compress) => {
    const text = JSON.stringify(completion("Hello ".repeat(1000)));
    gateway = await testGateway({ upstream: answering(compress(text), { ...JSON_CONTENT, "content-encoding": encoding }) });
    const response = await gateway.chat();
    expect(response.headers.get("content-encoding")).toBeNull();
    expect(await response.text()).toBe(text);
    gateway.upstream.answer(answering(compress('{"error":{"message":"no"}}'), { ...JSON_CONTENT, "content-encoding": encoding }, 400));
    expect(await (await gateway.chat()).text()).toBe('{"error":{"message":"no"}}');
    const events = [textChunk("Hel"), textChunk("lo"), stopChunk, DONE].join("");
    gateway.upstream.answer(answering(compress(events), { "content-type": "text/event-stream", "content-encoding": encoding }));
    expect(await (await gateway.chat({ stream: true, stream_options: { include_usage: true } })).text()).toBe(events);
  });
});

describe("a provider that gives no answer", () => {
  test("because nothing listens there, is 502", async () => {
    const NOBODY = "http://127.0.0.1:1/v1";
    gateway = await testGateway({ file: { providers: { main: { provider: "custom", base_url: NOBODY } } } });
    await expectError(await gateway.chat(), 502, { type: "upstream_error", code: "upstream_unreachable" });
  });

  test("because it closes the connection, is 502", async () => {
    gateway = await testGateway({ upstream: (_request, response) => void response.socket?.destroy() });
    await expectError(await gateway.chat(), 502, { type: "upstream_error" });
  });

  test("because it breaks off inside its answer, is 502 and no half answer", async () => {
    gateway = await testGateway({
      upstream: (_request, response) => {
        response.writeHead(200, { ...JSON_CONTENT, "content-length": "1000" });
        response.write('{"id":"half', () => response.socket?.destroy());
      },
    });
    const response = await gateway.chat();
    await expectError(response, 502, { code: "upstream_cut" });
  });

  test.each(['{"choices":[', "", "[]", "null", "Internal Server Error", "\u0000"])(
    "but a 200 with %j, is an error and never a success",
    async (text) => {
      gateway = await testGateway({ upstream: answering(text) });
      await expectError(await gateway.chat(), 502, { type: "upstream_error", code: "upstream_invalid" });
      expect((await gateway.calls())[0]?.end).toBe("failed");
    },
  );

  test("but a 200 with an error inside, is an error with the status that it names", async () => {
    gateway = await testGateway({ upstream: always({ error: { message: "slow down", code: 429 } }) });
    const response = await gateway.chat();
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(((await response.json()) as ErrorBody).error.message).toContain("slow down");
    gateway.upstream.answer(always({ error: { message: "slow down", code: "429" } }));
    expect((await gateway.chat()).status).toBe(429);
  });

  test.each([
    ["the config", config({ request_timeout: 80 })],
    ["the header", { "x-portkey-request-timeout": "80" }],
    ["the config, which counts before the header", { ...config({ request_timeout: 80 }), "x-gatehouse-request-timeout": "600000" }],
  ])("in the time of %s, is 408 with Portkey's words", async (_where, headers) => {
    gateway = await testGateway({ upstream: () => {} });
    const { error } = await expectError(await gateway.chat({}, headers), 408, { type: "timeout_error" });
    expect(error.message).toBe("Request exceeded the timeout sent in the request: 80ms");
    await gateway.upstream.seen[0]?.abandoned;
    expect((await gateway.calls())[0]).toMatchObject({ end: "timeout", attempts: [{ status: null, error_code: "timeout" }] });
  });

  test("to its last byte in time, is 408 although it began", async () => {
    gateway = await testGateway({
      upstream: (_request, response) => {
        response.writeHead(200, JSON_CONTENT);
        response.write('{"id":');
      },
    });
    await expectError(await gateway.chat({}, { "x-portkey-request-timeout": "80" }), 408, { code: "timeout" });
  });

  test("in the time for a first token, is 408", async () => {
    const timeouts = { connectMs: 1_000, firstTokenMs: 60, idleMs: 10_000, requestMs: 60_000 };
    gateway = await testGateway({
      settings: { timeouts },
      upstream: (_request, response) => void response.writeHead(200, { "content-type": "text/event-stream" }).write(": ping\n\n"),
    });
    await expectError(await gateway.chat({ stream: true }), 408, { code: "timeout" });
  });

  test.each(["soon", "0", "-1", "1.5", "1e3"])("cannot be limited to %s ms", async (value) => {
    gateway = await testGateway();
    await expectError(await gateway.chat({}, { "x-portkey-request-timeout": value }), 400, { param: "x-gatehouse-request-timeout" });
  });
});

describe("secrets", () => {
  const SECRET = "zz/very+secret=of.the-provider";
  const CLIENT_KEY = "zz-very-secret-of-the-client";

  /** Everything that leaves the gateway: to the client, into both logs, to the operator's terminal. */
  async function everythingSaid(script: Script, bodies: readonly object[] = [{}, { stream: true }]): Promise<string> {
    const said: string[] = [];
    gateway = await testGateway({
      upstream: script,
      services: (services) => ({
        ...services,
        report: (problem, cause) => said.push(problem, String(cause), (cause as Error | undefined)?.stack ?? ""),
      }),
    });
    await gateway.apply({
      providers: { main: { provider: "openai", secret: SECRET, base_url: gateway.upstream.url, passthrough: ["*"] } },
      keys: { test: { secret: CLIENT_KEY, scopes: ["passthrough"] } },
    });
    for (const body of bodies) {
      const response = await gateway.chat(body, { authorization: `Bearer ${CLIENT_KEY}` });
      said.push(JSON.stringify([...response.headers]), await response.text().catch(String));
    }
    said.push(JSON.stringify(await gateway.calls(bodies.length)), JSON.stringify(await gateway.bodies()));
    expect(gateway.upstream.seen[0]?.headers.authorization).toBe(`Bearer ${SECRET}`);
    return said.join("\n");
  }
  const echo =
    (status: number, wrap: (headers: string) => unknown, extra: Record<string, string> = {}): Script =>
    (request, response) =>
      void response.writeHead(status, { ...JSON_CONTENT, ...extra }).end(JSON.stringify(wrap(request.headers.authorization ?? "")));

  test.each([400, 401, 500])("are nowhere when the provider repeats them in a %i", async (status) => {
    const said = await everythingSaid(
      echo(status, (authorization) => ({ error: { message: `wrong key ${authorization}`, headers: { authorization } } })),
    );
    expect(said).toContain("[redacted]");
    expect(said).not.toContain(SECRET);
    expect(said).not.toContain(CLIENT_KEY);
  });

  test("are nowhere when the provider repeats them in an error inside a 200", async () => {
    const said = await everythingSaid(echo(200, (authorization) => ({ error: { message: `wrong key ${authorization}` } })));
    expect(said).not.toContain(SECRET);
  });

  test("are nowhere when the provider repeats them in an answer", async () => {
    const said = await everythingSaid(echo(200, (authorization) => completion(`You sent ${authorization}`)));
    expect(said).not.toContain(SECRET);
  });

  test.each([200, 400])("are nowhere when the provider repeats them in a header of a %i", async (status) => {
    const said = await everythingSaid(
      (request, response) =>
        void response
          .writeHead(status, { ...JSON_CONTENT, "x-debug": String(request.headers.authorization) })
          .end(JSON.stringify(completion("Hello"))),
    );
    expect(said).not.toContain(SECRET);
  });

  test("are nowhere when the provider repeats them in the first event of a stream", async () => {
    const said = await everythingSaid(
      (request, response) =>
        void response
          .writeHead(200, { "content-type": "text/event-stream" })
          .end(event({ error: { message: `wrong key ${request.headers.authorization}` } })),
      [{ stream: true }],
    );
    expect(said).not.toContain(SECRET);
  });

  test("are nowhere when the provider cannot be reached", async () => {
    const said = await everythingSaid((_request, response) => void response.socket?.destroy());
    expect(said).not.toContain(SECRET);
    expect(said).not.toContain(CLIENT_KEY);
  });

  test("of the client are nowhere when it is refused, wherever it put them", async () => {
    gateway = await testGateway();
    const key = "gate_0123456789abcdef_0123456789012345678901234567890123456789012345678901";
    const said: string[] = [];
    for (const path of ["/v1/chat/completions", `/v1/${key}`, `/${key}?key=${key}`]) {
      const response = await send("POST", path, {
        body: JSON.stringify(QUESTION),
        headers: { ...JSON_CONTENT, authorization: `Bearer ${key}` },
      });
      expect(response.ok).toBe(false);
      said.push(JSON.stringify([...response.headers]));
    }
    said.push(JSON.stringify(await gateway.calls(3)));
    expect(said.join("\n")).not.toContain(key);
  });
});

test("HEAD and GET of /health need no key, say nothing of anybody and are not logged", async () => {
  gateway = await testGateway();
  for (const method of ["GET", "HEAD"]) {
    const response = await fetch(`${gateway.url}/health`, { method });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(method === "GET" ? '{"status":"ok","version":"test"}' : "");
  }
  await gateway.chat();
  expect(await gateway.calls()).toHaveLength(1);
});

test("a request whose client leaves in the middle of it harms nobody", async () => {
  gateway = await testGateway();
  const request = rawRequest(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { ...AUTHORIZED, ...JSON_CONTENT, "content-length": "1000" },
  });
  request.on("error", () => {});
  await new Promise((resolve) => request.write('{"model":', resolve));
  request.destroy();
  expect((await gateway.chat()).status).toBe(200);
});
