import { afterEach, describe, expect, test } from "vitest";
import { generateKey, hashOf } from "../../shared/state/keyString.ts";
import { TEST_KEY, type TestGateway, testGateway } from "../support/gateway.ts";
import { type OwnGateway, ownGateway } from "../support/ownHouse.ts";

let gateway: TestGateway;
afterEach(() => gateway.close());

const GENERATED = generateKey(Date.now()).secret;
const ADOPTED = "pk-an-old-portkey-key-0123456789";
const QUESTION = JSON.stringify({ model: "gpt-4o-mini", messages: [{ role: "user", content: "Hello" }] });

/** Nothing but these headers. */
const chatWith = (headers: Record<string, string>): Promise<Response> =>
  fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: QUESTION,
  });
const chatAs = (secret: string): Promise<Response> => chatWith({ authorization: `Bearer ${secret}` });

interface ErrorBody {
  readonly error: { readonly message: string; readonly type: string; readonly code: string };
}
const errorOf = async (response: Response): Promise<ErrorBody["error"]> => ((await response.json()) as ErrorBody).error;

describe("a key is accepted", () => {
  test("when it was generated here, and its calls are recorded under its name and id", async () => {
    gateway = await testGateway({ file: { keys: { checkout: { secret: GENERATED } } } });
    expect((await chatAs(GENERATED)).status).toBe(200);
    const [call] = await gateway.calls();
    expect(call).toMatchObject({ actor: "key", auth: "fresh", key: "checkout", key_id: `key_${GENERATED.split("_")[1]}` });
  });

  test("when it was adopted", async () => {
    gateway = await testGateway({ file: { keys: { old: { secret: ADOPTED } } } });
    expect((await chatAs(ADOPTED)).status).toBe(200);
    const [call] = await gateway.calls();
    expect(call).toMatchObject({ key: "old", key_id: "key_old" });
  });

  test.each([
    ["authorization", `Bearer ${TEST_KEY}`],
    ["authorization", `bearer  ${TEST_KEY}`],
    ["x-api-key", TEST_KEY],
    ["api-key", TEST_KEY],
    ["x-goog-api-key", TEST_KEY],
    ["x-portkey-api-key", TEST_KEY],
    ["x-gatehouse-api-key", TEST_KEY],
  ])("in the header %s: %s", async (name, value) => {
    gateway = await testGateway();
    expect((await chatWith({ [name]: value })).status).toBe(200);
  });

  test.each([
    ["x-gatehouse-api-key", "x-portkey-api-key"],
    ["x-gatehouse-api-key", "authorization"],
    ["x-portkey-api-key", "authorization"],
    ["x-portkey-api-key", "x-api-key"],
    ["authorization", "x-api-key"],
  ])("from %s, whatever stands in %s", async (winner, loser) => {
    gateway = await testGateway();
    const valued = (name: string, secret: string) => ({ [name]: name === "authorization" ? `Bearer ${secret}` : secret });
    expect((await chatWith({ ...valued(winner, TEST_KEY), ...valued(loser, "sk-a-key-of-somebody-else") })).status).toBe(200);
    expect((await chatWith({ ...valued(winner, "sk-a-key-of-somebody-else"), ...valued(loser, TEST_KEY) })).status).toBe(401);
  });

  test("until it expires, and not a moment longer", async () => {
    const own = await ownGateway({ key: { expires_at: new Date(Date.now() + 60_000).toISOString() } });
    gateway = own;
    own.clock.set(own.clock.now() + 59_000);
    expect((await own.chat()).status).toBe(200);
    own.clock.advance(2_000);
    expect((await own.chat()).status).toBe(401);
  });
});

describe("a key is refused with 401", () => {
  test("and one message for everything that can be wrong with it", async () => {
    const [revoked, expired] = [generateKey(Date.now()).secret, generateKey(Date.now()).secret];
    gateway = await testGateway({
      file: {
        keys: {
          good: { secret: GENERATED },
          revoked: { secret: revoked, revoked: true },
          expired: { secret: expired, expires_at: "2020-01-01T00:00:00Z" },
        },
      },
    });
    const wrongChecksum = GENERATED.slice(0, -1) + (GENERATED.endsWith("0") ? "1" : "0");
    const unknown = generateKey(Date.now()).secret;
    const rightIdOtherSecret = unknown.replace(/^gate_[^_]+/, GENERATED.split("_").slice(0, 2).join("_"));
    const strings = [revoked, expired, unknown, wrongChecksum, rightIdOtherSecret, "short", ADOPTED, "gate_", "gate_x_y", "é".repeat(30)];
    const answers = await Promise.all(
      strings.map(async (secret) =>
        chatWith({ "x-api-key": encodeURIComponent(secret) }).then(async (response) => ({
          status: response.status,
          error: await errorOf(response),
        })),
      ),
    );
    for (const { status, error } of answers) {
      expect(status).toBe(401);
      expect(error).toEqual({
        message: "this virtual key is unknown, expired or revoked",
        type: "authentication_error",
        param: null,
        code: "invalid_key",
      });
    }
    expect(gateway.upstream.seen).toHaveLength(0);
  });

  test("when there is none, or it is in no form that is known", async () => {
    gateway = await testGateway();
    for (const headers of [{}, { authorization: TEST_KEY }, { authorization: `Basic ${TEST_KEY}` }, { authorization: "Bearer " }] as Record<
      string,
      string
    >[]) {
      const response = await chatWith(headers);
      expect(response.status).toBe(401);
      expect(await errorOf(response)).toMatchObject({ code: "invalid_key", message: expect.stringContaining("no virtual key") });
    }
  });

  test("when it is a stored hash: who has read the store has no key", async () => {
    gateway = await testGateway({ file: { keys: { generated: { secret: GENERATED }, adopted: { secret: ADOPTED } } } });
    for (const hash of [hashOf(GENERATED), hashOf(ADOPTED)]) expect((await chatAs(hash)).status).toBe(401);
  });

  test("and the refusal is recorded without saying whose it was", async () => {
    gateway = await testGateway();
    await chatAs(ADOPTED);
    const [call] = await gateway.calls();
    expect(call).toMatchObject({
      actor: "none",
      auth: null,
      key: null,
      key_id: null,
      status: 401,
      end: "refused",
      error_code: "invalid_key",
      attempts: [],
    });
    expect(JSON.stringify(call)).not.toContain(ADOPTED);
  });
});

describe("what a key may do", () => {
  const TWO = (url: string) => ({ main: { provider: "custom", base_url: url }, other: { provider: "custom", base_url: url } });
  const restricted = async (grants: object): Promise<void> => {
    gateway = await testGateway();
    await gateway.apply({ providers: TWO(gateway.upstream.url), keys: { restricted: { secret: GENERATED, ...grants } } });
  };
  const post = (path: string, body: object) => gateway.post(path, body, { authorization: `Bearer ${GENERATED}` });

  test("a provider that it was not given is refused, and named is what it may use", async () => {
    await restricted({ providers: ["main"] });
    expect((await post("/v1/chat/completions", { model: "@main/gpt-4o", messages: [] })).status).toBe(200);
    const response = await post("/v1/chat/completions", { model: "@other/gpt-4o", messages: [] });
    expect(response.status).toBe(403);
    const error = await errorOf(response);
    expect(error).toMatchObject({ type: "provider_not_allowed_error", code: "provider_not_allowed" });
    expect(error.message).toContain("main");
    expect(error.message).not.toContain("other");
  });

  test("models are allowed by patterns", async () => {
    await restricted({ providers: ["main"], models: ["gpt-*", "claude-sonnet-4-5"] });
    const statusOf = async (model: string) => (await post("/v1/chat/completions", { model, messages: [] })).status;
    expect(
      await Promise.all(["gpt-4o", "@main/gpt-", "claude-sonnet-4-5", "my-gpt-4o", "claude-sonnet-4-5-x", "GPT-4o"].map(statusOf)),
    ).toEqual([200, 200, 200, 403, 403, 403]);
    expect(await errorOf(await post("/v1/chat/completions", { model: "o3", messages: [] }))).toMatchObject({
      type: "model_not_allowed_error",
      param: "model",
    });
  });

  test("a config cannot widen the models of a key", async () => {
    await restricted({ providers: ["main"], models: ["gpt-*"] });
    const config = JSON.stringify({ override_params: { model: "o3" } });
    const response = await gateway.post(
      "/v1/chat/completions",
      { model: "gpt-4o", messages: [] },
      { authorization: `Bearer ${GENERATED}`, "x-portkey-config": config },
    );
    expect(response.status).toBe(403);
  });

  test("a provider's own models bind every key", async () => {
    gateway = await testGateway();
    await gateway.apply({ providers: { main: { provider: "custom", base_url: gateway.upstream.url, models: ["gpt-*"] } } });
    expect((await gateway.chat({ model: "o3" })).status).toBe(403);
    expect((await gateway.chat({ model: "gpt-5" })).status).toBe(200);
  });

  test("routes are allowed by patterns", async () => {
    await restricted({ providers: ["main"], routes: ["chat/*"] });
    expect((await post("/v1/chat/completions", { model: "gpt-4o", messages: [] })).status).toBe(200);
    const response = await post("/v1/embeddings", { model: "gpt-4o", input: "a" });
    expect(response.status).toBe(403);
    expect(await errorOf(response)).toMatchObject({ type: "route_not_allowed_error" });
    expect(gateway.upstream.seen).toHaveLength(1);
  });

  test("passing through needs the scope", async () => {
    await restricted({ providers: ["main"] });
    const response = await post("/v1/files", {});
    expect(response.status).toBe(403);
    expect(await errorOf(response)).toMatchObject({ type: "permission_error", code: "scope_missing" });
    expect(gateway.upstream.seen).toHaveLength(0);
  });

  test("the list of models is what the key may use", async () => {
    await restricted({ providers: ["main"], models: ["gpt-4o"] });
    await gateway.apply({
      providers: {
        main: { provider: "custom", base_url: gateway.upstream.url, models: ["gpt-4o", "o3"] },
        other: { provider: "custom", base_url: gateway.upstream.url },
      },
      keys: { restricted: { secret: GENERATED, providers: ["main"], models: ["gpt-4o"] } },
    });
    const response = await fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${GENERATED}` } });
    expect(await response.json()).toEqual({
      object: "list",
      data: [{ id: "@main/gpt-4o", object: "model", created: 0, owned_by: "main" }],
    });
  });
});

describe("what a gateway remembers of keys", () => {
  let own: OwnGateway;
  const open = async (): Promise<void> => {
    own = await ownGateway();
    gateway = own;
    expect((await own.chat()).status).toBe(200);
  };

  test("a key that was removed from the file stops working when the memory of it is over", async () => {
    await open();
    await own.apply({ keys: {} });
    own.clock.advance(9_900);
    expect((await own.chat()).status).toBe(200);
    own.clock.advance(200);
    expect((await own.chat()).status).toBe(401);
  });

  test("a key that was revoked stops working when the memory of it is over", async () => {
    await open();
    await own.apply({ keys: { test: { secret: TEST_KEY, revoked: true } } });
    own.clock.advance(10_100);
    expect((await own.chat()).status).toBe(401);
  });

  test("a key that was just made works a second after it was refused", async () => {
    await open();
    expect((await chatAs(ADOPTED)).status).toBe(401);
    await own.apply({ keys: { late: { secret: ADOPTED } } });
    own.clock.advance(1_100);
    expect((await chatAs(ADOPTED)).status).toBe(200);
  });

  test("while the store fails a known key goes on, is recorded as stale, and ends a minute after its memory", async () => {
    await open();
    own.breakTable("control");
    own.clock.advance(69_000);
    expect((await own.chat()).status).toBe(200);
    expect((await own.calls(2))[1]).toMatchObject({ auth: "stale", status: 200 });
    own.clock.advance(2_000);
    expect((await own.chat()).status).toBe(503);
  });

  test("while the store fails an unknown key is told to come again, and the provider is not called", async () => {
    await open();
    own.breakTable("control");
    for (const secret of [GENERATED, ADOPTED]) {
      const response = await chatAs(secret);
      expect(response.status).toBe(503);
      expect(response.headers.get("retry-after")).toBe("1");
      expect(await errorOf(response)).toMatchObject({ code: "store_unavailable", type: "server_error" });
    }
    expect(own.upstream.seen).toHaveLength(1);
  });

  test("what can be no key needs no store to be refused", async () => {
    await open();
    own.breakTable("control");
    expect((await chatAs("gate_typo")).status).toBe(401);
  });

  test("when the store answers again, so does the gateway", async () => {
    await open();
    own.breakTable("control");
    own.clock.advance(100_000);
    expect((await own.chat()).status).toBe(503);
    own.mendTable("control");
    expect((await own.chat()).status).toBe(200);
  });
});
