import { afterEach, describe, expect, test } from "vitest";
import { QUESTION, TEST_KEY, type TestGateway, testGateway } from "../support/gateway.ts";
import { ownGateway } from "../support/ownHouse.ts";
import { always, completion, inTurn, type Script } from "../support/scriptedUpstream.ts";

let gateway: TestGateway;
afterEach(() => gateway.close());

const FAILURE = always({ error: { message: "down", type: "server_error", param: null, code: null } }, 500);

/** One scripted upstream plays every provider; the first part of the path tells which one was called. */
async function gatewayWith(
  slugs: readonly string[],
  { upstream, ...file }: { upstream?: Script; keys?: object; configs?: object; guardrails?: object; teams?: object } = {},
): Promise<void> {
  gateway = await testGateway(upstream ? { upstream } : {});
  const base = gateway.upstream.url.replace(/\/v1$/, "");
  const providers = Object.fromEntries(
    slugs.map((slug) => [
      slug,
      { provider: slug.startsWith("openai") ? "openai" : "custom", secret: `sk-secret-of-${slug}-0123`, base_url: `${base}/${slug}` },
    ]),
  );
  await gateway.apply({ providers, ...file });
}
const called = (): readonly string[] => gateway.upstream.seen.map(({ path }) => path.split("/")[1] ?? "");
const lastBody = () => gateway.upstream.seen.at(-1)?.body;
const config = (document: object) => ({ "x-portkey-config": JSON.stringify(document) });

interface ErrorBody {
  readonly error: { readonly message: string; readonly type: string; readonly code: string; readonly param: string | null };
}
const errorOf = async (response: Response): Promise<ErrorBody["error"]> => ((await response.json()) as ErrorBody).error;

describe("the provider", () => {
  test.each(["@second/gpt-4o", "second/gpt-4o"])("is the one in front of the model, which goes on without it: %s", async (model) => {
    await gatewayWith(["first", "second"]);
    expect((await gateway.chat({ model })).status).toBe(200);
    expect(called()).toEqual(["second"]);
    expect(lastBody()?.model).toBe("gpt-4o");
  });

  test("may be named by its vendor while there is only one of that vendor", async () => {
    await gatewayWith(["openai-prod", "other"]);
    expect((await gateway.chat({ model: "openai/gpt-4o" })).status).toBe(200);
    expect((await gateway.chat({}, { "x-portkey-provider": "openai" })).status).toBe(200);
    expect(called()).toEqual(["openai-prod", "openai-prod"]);
  });

  test("is asked for, with the list, when a vendor's name fits several", async () => {
    await gatewayWith(["openai-prod", "openai-test", "other"]);
    const response = await gateway.chat({ model: "openai/gpt-4o" });
    expect(response.status).toBe(400);
    const { code, message } = await errorOf(response);
    expect(code).toBe("provider_required");
    expect(message).toContain("openai-prod, openai-test");
    expect(message).not.toContain("other");
  });

  test.each(["x-portkey-provider", "x-gatehouse-provider", "x-portkey-virtual-key"])(
    "is named by the header %s, with or without @",
    async (name) => {
      await gatewayWith(["first", "second"]);
      await gateway.chat({}, { [name]: "second" });
      await gateway.chat({}, { [name]: "@second" });
      expect(called()).toEqual(["second", "second"]);
    },
  );

  test("is that of the gateway's own header where its twin says otherwise", async () => {
    await gatewayWith(["first", "second"]);
    await gateway.chat({}, { "x-portkey-provider": "first", "x-gatehouse-provider": "second" });
    expect(called()).toEqual(["second"]);
  });

  test("need not be named by a key that has only one", async () => {
    await gatewayWith(["first", "second"], { keys: { test: { secret: TEST_KEY, providers: ["second"] } } });
    expect((await gateway.chat()).status).toBe(200);
    expect(called()).toEqual(["second"]);
  });

  test("must be named by a key that has several", async () => {
    await gatewayWith(["first", "second"]);
    const response = await gateway.chat();
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({ code: "provider_required", message: expect.stringContaining("first, second") });
    expect(called()).toEqual([]);
  });

  test("is no provider when it was never set up", async () => {
    await gatewayWith(["first", "second"]);
    expect((await gateway.chat({ model: "@third/gpt-4o" })).status).toBe(400);
    expect((await gateway.chat({}, { "x-portkey-provider": "third" })).status).toBe(400);
  });

  test("keeps the slashes of its own model names, and those that begin with @cf", async () => {
    await gatewayWith(["only"]);
    for (const model of ["meta-llama/Llama-3.1-8B", "@cf/meta/llama-3", "@only/meta/llama-3"]) await gateway.chat({ model });
    expect(gateway.upstream.seen.map(({ body }) => body.model)).toEqual(["meta-llama/Llama-3.1-8B", "@cf/meta/llama-3", "meta/llama-3"]);
  });
});

describe("the request body", () => {
  const raw = (text: string, headers: Record<string, string> = {}) =>
    fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${TEST_KEY}`, ...headers },
      body: text,
    });
  const arrived = () => gateway.upstream.seen.at(-1)?.bytes.toString("utf8");

  test("reaches the provider as it was sent, byte for byte", async () => {
    await gatewayWith(["only"]);
    const text = '{ "model":"gpt-4o",\n "n": 1.0, "seed":12345678901234567890, "x": "\\u00e9\\/é", "messages":[ ]  }';
    await raw(text);
    expect(arrived()).toBe(text);
  });

  test("has its model put in place, and every other byte stays", async () => {
    await gatewayWith(["only"]);
    await raw('{ "seed":12345678901234567890, "model" : "@only/gpt-4o" ,"messages":[{"role":"user","content":"@only/\\u00e9"}] }');
    expect(arrived()).toBe('{ "seed":12345678901234567890, "model" : "gpt-4o" ,"messages":[{"role":"user","content":"@only/\\u00e9"}] }');
  });

  test("has what the config overrides put in place, and added where it is missing", async () => {
    await gatewayWith(["only"]);
    await raw(
      '{"model":"a", "temperature": 1,"messages":[]}',
      config({ override_params: { temperature: 0.5, max_tokens: 7, model: "b" } }),
    );
    expect(arrived()).toBe('{"model":"b", "temperature": 0.5,"messages":[],"max_tokens":7}');
  });

  test("may leave the model to the config", async () => {
    await gatewayWith(["first", "second"]);
    await raw('{"messages":[]}', config({ override_params: { model: "@second/gpt-4o" } }));
    expect(called()).toEqual(["second"]);
    expect(arrived()).toBe('{"messages":[],"model":"gpt-4o"}');
  });

  test("is sent with the provider's secret and without the client's headers", async () => {
    await gatewayWith(["only"]);
    await gateway.chat(
      {},
      { cookie: "a=b", "x-api-key": "other", "x-forwarded-for": "1.2.3.4", "openai-organization": "org-1", "x-portkey-metadata": "{}" },
    );
    const headers = gateway.upstream.seen[0]?.headers ?? {};
    expect(headers.authorization).toBe("Bearer sk-secret-of-only-0123");
    expect(Object.keys(headers).sort()).toEqual([
      "accept",
      "authorization",
      "connection",
      "content-length",
      "content-type",
      "host",
      "user-agent",
    ]);
    expect(JSON.stringify(headers)).not.toContain(TEST_KEY);
  });
});

describe("a config", () => {
  test("is found by the slug in the header, and the log says which version served", async () => {
    await gatewayWith(["first", "second"], { configs: { main: { provider: "@second" } } });
    expect((await gateway.chat({}, { "x-portkey-config": "main" })).status).toBe(200);
    expect(called()).toEqual(["second"]);
    expect((await gateway.calls())[0]).toMatchObject({ config: "main", config_version: 1, account: "second" });
  });

  test("that was changed is another version, and one that was not is the same", async () => {
    const own = await ownGateway({
      file: { configs: { main: { override_params: { seed: 1 } }, still: { override_params: { seed: 9 } } } },
    });
    gateway = own;
    await own.apply({ configs: { main: { override_params: { seed: 2 } }, still: { override_params: { seed: 9 } } } });
    await own.chat({}, { "x-portkey-config": "main" });
    await own.chat({}, { "x-portkey-config": "still" });
    expect((await own.calls(2)).map(({ config_version }) => config_version)).toEqual([2, 1]);
    expect(own.upstream.seen.map(({ body }) => body.seed)).toEqual([2, 9]);
  });

  test("of the key is used when the request names none", async () => {
    await gatewayWith(["first", "second"], {
      configs: { main: { provider: "@second" } },
      keys: { test: { secret: TEST_KEY, config: "main" } },
    });
    await gateway.chat();
    await gateway.chat({}, config({ provider: "@first" }));
    expect(called()).toEqual(["second", "first"]);
  });

  test("cannot be chosen by a key that was forbidden to, except the one it has", async () => {
    await gatewayWith(["first", "second"], {
      configs: { main: { provider: "@second" }, other: {} },
      keys: { test: { secret: TEST_KEY, config: "main", allow_config_override: false } },
    });
    for (const chosen of ["other", '{"provider":"@first"}']) {
      const response = await gateway.chat({}, { "x-portkey-config": chosen });
      expect(response.status).toBe(403);
      expect(await errorOf(response)).toMatchObject({ code: "config_override_forbidden", type: "permission_error" });
    }
    expect((await gateway.chat({}, { "x-portkey-config": "main" })).status).toBe(200);
    expect(called()).toEqual(["second"]);
  });

  test("that nobody saved is refused", async () => {
    await gatewayWith(["only"]);
    const response = await gateway.chat({}, { "x-portkey-config": "pc-nothing" });
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({ code: "invalid_config", type: "invalid_config_error" });
  });

  test.each([
    [{ retires: 3 }, "retires: unknown field"],
    [{ targets: [{ provider: "@only" }, { custom_hots: "a" }] }, "targets.1.custom_hots: unknown field"],
    [{ strategy: { mode: "fallback", on_status_codes: [42] } }, "strategy.on_status_codes.0"],
    [{ strategy: { mode: "roulette" } }, "strategy.mode"],
    [{ cache: { mode: "simple", max_age: 0 } }, "cache.max_age"],
    [{ request_timeout: "1s" }, "request_timeout"],
    [{ targets: [] }, "targets"],
    [{ override_params: [] }, "override_params"],
    [{ input_guardrails: [{ "default.contains": {}, deny: true }] }, "input_guardrails.0"],
    [{ targets: [{ targets: [{ targets: [{ provider: 7 }] }] }] }, "targets.0.targets.0.targets.0.provider"],
  ])("with a mistake is refused with the place of the mistake: %j", async (document, place) => {
    await gatewayWith(["only"]);
    const response = await gateway.chat({}, config(document));
    expect(response.status).toBe(400);
    const { code, message } = await errorOf(response);
    expect(code).toBe("invalid_config");
    expect(message).toContain(place);
    expect(called()).toEqual([]);
  });

  test("names every mistake at once", async () => {
    await gatewayWith(["only"]);
    const { message } = await errorOf(await gateway.chat({}, config({ retires: 3, cache: { mode: "exact" } })));
    expect(message).toContain("retires");
    expect(message).toContain("cache.mode");
  });

  test("cannot turn one request into thousands, nor go deeper than a call stack", async () => {
    await gatewayWith(["only"], { upstream: FAILURE });
    const wide = (count: number) => ({
      "x-portkey-config": `{"strategy":{"mode":"fallback"},"targets":[${Array(count).fill("{}").join(",")}]}`,
    });
    const deep = (levels: number) => ({ "x-portkey-config": `${'{"targets":['.repeat(levels)}{}${"]}".repeat(levels)}` });
    for (const header of [wide(64), wide(4000), deep(16), deep(1000)]) {
      const response = await gateway.chat({}, header);
      expect(response.status).toBe(400);
      expect(await errorOf(response)).toMatchObject({ code: "invalid_config" });
    }
    expect(called()).toEqual([]);
    await gateway.chat({}, wide(63));
    expect(called()).toHaveLength(63);
    expect((await gateway.chat({}, deep(15))).status).toBe(500);
  });

  test("that is no JSON is refused", async () => {
    await gatewayWith(["only"]);
    const response = await gateway.chat({}, { "x-portkey-config": '{"provider":' });
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({ code: "invalid_config" });
  });

  test.each([
    { custom_host: "http://169.254.169.254" },
    { base_url: "http://localhost:1" },
    { api_key: "sk-mine" },
    { targets: [{ provider: "@only", custom_host: "http://a" }] },
    { forward_headers: ["authorization"] },
  ])("from a client brings neither a base URL nor a key: %j", async (document) => {
    await gatewayWith(["only"]);
    expect((await gateway.chat({}, config(document))).status).toBe(400);
    expect(called()).toEqual([]);
  });

  test("does not let the header of a custom host through either", async () => {
    await gatewayWith(["only"]);
    await gateway.chat({}, { "x-portkey-custom-host": "http://127.0.0.1:1/v1" });
    expect(called()).toEqual(["only"]);
  });
});

describe("fallback", () => {
  test("goes on to the next target after a failure, and the response tells which one served", async () => {
    await gatewayWith(["first", "openai-second"], { upstream: inTurn(FAILURE, always(completion("Hello"))) });
    const response = await gateway.chat(
      {},
      config({
        strategy: { mode: "fallback" },
        targets: [{ provider: "@first" }, { provider: "@openai-second", override_params: { model: "gpt-4o" } }],
      }),
    );
    expect(response.status).toBe(200);
    expect(called()).toEqual(["first", "openai-second"]);
    for (const prefix of ["x-portkey", "x-gatehouse"]) {
      expect(response.headers.get(`${prefix}-last-used-option-index`)).toBe("config.targets[1]");
      expect(response.headers.get(`${prefix}-provider`)).toBe("openai");
      expect(response.headers.get(`${prefix}-retry-attempt-count`)).toBe("0");
      expect(response.headers.get(`${prefix}-cache-status`)).toBe("DISABLED");
    }
    const [call] = await gateway.calls();
    expect(call).toMatchObject({
      account: "openai-second",
      attempts: [
        { path: "config.targets[0]", account: "first", model: "gpt-4o-mini", status: 500, error_code: "http_500" },
        { path: "config.targets[1]", account: "openai-second", model: "gpt-4o", status: 200, error_code: null },
      ],
    });
  });

  test("gives the last failure as it came when nothing worked", async () => {
    await gatewayWith(["first", "second"], {
      upstream: inTurn(FAILURE, always({ error: { message: "slow down" } }, 429, { "retry-after": "7" })),
    });
    const response = await gateway.chat(
      {},
      config({ strategy: { mode: "fallback" }, targets: [{ provider: "@first" }, { provider: "@second" }] }),
    );
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("7");
    expect(await response.json()).toEqual({ error: { message: "slow down" } });
  });

  test.each([401, 404, 408, 429, 500, 503])("happens after %i", async (status) => {
    await gatewayWith(["first", "second"], { upstream: inTurn(always({ error: { message: "no" } }, status), always(completion("Hello"))) });
    expect(
      (await gateway.chat({}, config({ strategy: { mode: "fallback" }, targets: [{ provider: "@first" }, { provider: "@second" }] })))
        .status,
    ).toBe(200);
  });

  test("happens only after the statuses that it names", async () => {
    await gatewayWith(["first", "second"], { upstream: FAILURE });
    const to = (codes: readonly number[]) =>
      config({ strategy: { mode: "fallback", on_status_codes: codes }, targets: [{ provider: "@first" }, { provider: "@second" }] });
    await gateway.chat({}, to([429]));
    expect(called()).toEqual(["first"]);
    await gateway.chat({}, to([429, 500]));
    expect(called()).toEqual(["first", "first", "second"]);
  });

  test("walks a tree of groups, and single takes only the first", async () => {
    await gatewayWith(["first", "second", "third", "fourth"], { upstream: FAILURE });
    const [first, second, third, fourth] = ["@first", "@second", "@third", "@fourth"].map((provider) => ({ provider }));
    const tree = {
      strategy: { mode: "fallback" },
      targets: [
        { strategy: { mode: "fallback" }, targets: [first, second] },
        { strategy: { mode: "single" }, targets: [third, first] },
        fourth,
      ],
    };
    const response = await gateway.chat({}, config(tree));
    expect(called()).toEqual(["first", "second", "third", "fourth"]);
    expect(response.headers.get("x-portkey-last-used-option-index")).toBe("config.targets[2]");
    expect((await gateway.calls())[0]?.attempts.map(({ path }) => path)).toEqual([
      "config.targets[0].targets[0]",
      "config.targets[0].targets[1]",
      "config.targets[1].targets[0]",
      "config.targets[2]",
    ]);
  });

  test("does not follow the gateway's own refusal of the request", async () => {
    await gatewayWith(["first", "second"], { keys: { test: { secret: TEST_KEY, models: ["gpt-*"] } } });
    const response = await gateway.chat(
      {},
      config({
        strategy: { mode: "fallback" },
        targets: [{ provider: "@first", override_params: { model: "o3" } }, { provider: "@second" }],
      }),
    );
    expect(response.status).toBe(403);
    expect(called()).toEqual([]);
  });

  test("leaves a stream that failed before its first token unseen", async () => {
    const broken: Script = (_request, response) =>
      void response.writeHead(200, { "content-type": "text/event-stream" }).end('data: {"error":{"message":"overloaded"}}\n\n');
    await gatewayWith(["first", "second"], { upstream: inTurn(broken, always(completion("Hello"))) });
    const response = await gateway.chat(
      { stream: true },
      config({ strategy: { mode: "fallback" }, targets: [{ provider: "@first" }, { provider: "@second" }] }),
    );
    expect(response.status).toBe(200);
    expect(await response.text()).not.toContain("overloaded");
  });
});

describe("what stands on a node holds below it", () => {
  const DENY = { "default.contains": { words: ["Hello"], operator: "none" }, deny: true };

  test("override_params are merged, and the one further down wins", async () => {
    await gatewayWith(["only"]);
    await gateway.chat(
      {},
      config({
        override_params: { temperature: 0, seed: 1 },
        targets: [{ targets: [{ provider: "@only", override_params: { seed: 2, top_p: 1 } }] }],
      }),
    );
    expect(lastBody()).toMatchObject({ temperature: 0, seed: 2, top_p: 1 });
  });

  test("guardrails of the root hold for every target", async () => {
    await gatewayWith(["only"]);
    expect((await gateway.chat({}, config({ input_guardrails: [DENY], targets: [{ targets: [{ provider: "@only" }] }] }))).status).toBe(
      446,
    );
  });

  test("the cache of the root holds for every target", async () => {
    await gatewayWith(["only"]);
    const response = await gateway.chat({}, config({ cache: { mode: "simple" }, targets: [{ provider: "@only" }] }));
    expect(response.headers.get("x-portkey-cache-status")).toBe("MISS");
  });

  test("the provider of the root holds for targets without one", async () => {
    await gatewayWith(["first", "second"]);
    await gateway.chat({}, config({ provider: "@second", targets: [{ override_params: { seed: 1 } }] }));
    await gateway.chat({}, config({ virtual_key: "second", targets: [{ provider: "@first" }] }));
    expect(called()).toEqual(["second", "first"]);
  });

  test("a request_timeout further down wins", async () => {
    const silent: Script = () => {};
    await gatewayWith(["only"], { upstream: silent });
    const response = await gateway.chat({}, config({ request_timeout: 600_000, targets: [{ provider: "@only", request_timeout: 60 }] }));
    expect(response.status).toBe(408);
    expect((await errorOf(response)).message).toBe("Request exceeded the timeout sent in the request: 60ms");
  });
});

describe("what is told about a call", () => {
  test.each(["x-portkey-trace-id", "x-gatehouse-trace-id"])(
    "the trace id of the header %s comes back under both prefixes and is recorded",
    async (name) => {
      gateway = await testGateway();
      const response = await gateway.chat({}, { [name]: "trace-7" });
      expect(response.headers.get("x-portkey-trace-id")).toBe("trace-7");
      expect(response.headers.get("x-gatehouse-trace-id")).toBe("trace-7");
      expect((await gateway.calls())[0]?.trace_id).toBe("trace-7");
    },
  );

  test("without a header the trace id is that of traceparent, else the request's own", async () => {
    gateway = await testGateway();
    const traced = await gateway.chat({}, { traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" });
    expect(traced.headers.get("x-portkey-trace-id")).toBe("4bf92f3577b34da6a3ce929d0e0e4736");
    for (const traceparent of ["00-4bf9-00f067aa0ba902b7-01", "nonsense"]) {
      const own = await gateway.chat({}, { traceparent });
      expect(own.headers.get("x-portkey-trace-id")).toBe(own.headers.get("x-gatehouse-request-id"));
      expect(own.headers.get("x-gatehouse-request-id")).toMatch(/^req_/);
    }
  });

  test("metadata of the request, the key and the team are recorded together", async () => {
    await gatewayWith(["only"], {
      teams: { shop: { cost_center: "4711", metadata: { site: "berlin", stage: "team" } } },
      keys: { test: { secret: TEST_KEY, team: "shop", metadata: { application: "checkout" } } },
    });
    await gateway.chat({}, { "x-portkey-metadata": JSON.stringify({ _user: "anna", stage: "request", count: 3, beta: true }) });
    expect((await gateway.calls())[0]).toMatchObject({
      team: "shop",
      cost_center: "4711",
      application: "checkout",
      metadata: { _user: "anna", count: "3", beta: "true", site: "berlin", stage: "team", application: "checkout" },
    });
  });

  test("a caller cannot overwrite what an operator set", async () => {
    await gatewayWith(["only"], { keys: { test: { secret: TEST_KEY, metadata: { application: "checkout" } } } });
    await gateway.chat({}, { "x-gatehouse-metadata": '{"application":"somebody-else"}' });
    expect((await gateway.calls())[0]?.application).toBe("checkout");
  });

  test.each([
    "[]",
    "nonsense",
    '"text"',
    '{"a":{}}',
    '{"a":null}',
    `{"a":"${"x".repeat(129)}"}`,
    JSON.stringify(Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`k${index}`, "v"]))),
  ])("metadata that cannot be recorded is refused: %.30s", async (metadata) => {
    gateway = await testGateway();
    const response = await gateway.chat({}, { "x-portkey-metadata": metadata });
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({ param: "x-gatehouse-metadata" });
    expect(gateway.upstream.seen).toHaveLength(0);
  });

  test("the record names the client and its version", async () => {
    gateway = await testGateway();
    await gateway.chat({}, { "user-agent": "OpenAI/JS 7.57.0" });
    expect((await gateway.calls())[0]).toMatchObject({ client: "OpenAI/JS", client_version: "7.57.0" });
  });

  test("a request without a model is told so, whatever it says instead", async () => {
    gateway = await testGateway();
    const noModel = await gateway.post("/v1/chat/completions", { messages: [] });
    expect(noModel.status).toBe(400);
    expect(await errorOf(noModel)).toMatchObject({ code: "model_required", param: "model" });
    const number = await gateway.chat({ model: 7 });
    expect(number.status).toBe(400);
    expect((await gateway.chat(QUESTION)).status).toBe(200);
  });

  test("while the store fails, what only it knows is 503 and not our bug", async () => {
    const own = await ownGateway();
    gateway = own;
    expect((await own.chat()).status).toBe(200);
    own.breakTable("control");
    const response = await own.chat({}, { "x-portkey-config": "never-read-before" });
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("1");
  });
});
