import { rmSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { TEST_KEY } from "../support/gateway.ts";
import { type OwnGateway, ownGateway, temporaryFolder } from "../support/ownHouse.ts";
import { always, completion, inTurn, type Script } from "../support/scriptedUpstream.ts";

let gateway: OwnGateway;
afterEach(() => gateway.close());

const requests = (value: number, window = "minute") => ({ type: "requests", value, window });
const config = (document: object) => ({ "x-portkey-config": JSON.stringify(document) });
const FAILURE = always({ error: { message: "down" } }, 500);

interface Refusal {
  readonly error: { readonly message: string; readonly type: string; readonly code: string };
  readonly gatehouse: { readonly request_id: string; readonly remedy: string };
}
const bodyOf = async (response: Response): Promise<Refusal> => (await response.json()) as Refusal;
const statusesOf = async (count: number, chat: (index: number) => Promise<Response>): Promise<readonly number[]> =>
  (await Promise.all(Array.from({ length: count }, (_, index) => chat(index)))).map(({ status }) => status).sort();

/** Several providers, all played by the one upstream; a path tells them apart. */
async function withProviders(
  providers: Record<string, object>,
  { key = {}, teams = {}, upstream }: { key?: object; teams?: object; upstream?: Script } = {},
): Promise<void> {
  gateway = await ownGateway(upstream ? { upstream } : {});
  const base = gateway.upstream.url.replace(/\/v1$/, "");
  const accounts = Object.entries(providers).map(([slug, rest]) => [slug, { provider: "custom", base_url: `${base}/${slug}`, ...rest }]);
  await gateway.apply({ teams, providers: Object.fromEntries(accounts), keys: { test: { secret: TEST_KEY, ...key } } });
}
const called = (): readonly string[] => gateway.upstream.seen.map(({ path }) => path.split("/")[1] ?? "");

test("of 200 calls that race for 50, exactly 50 are served and 150 are told when to come again", async () => {
  gateway = await ownGateway({ key: { limits: [requests(50)] } });
  const responses = await Promise.all(Array.from({ length: 200 }, () => gateway.chat()));
  const refusals = responses.filter(({ status }) => status === 429);
  expect(responses.filter(({ status }) => status === 200)).toHaveLength(50);
  expect(refusals).toHaveLength(150);
  expect(gateway.upstream.seen).toHaveLength(50);
  for (const refusal of refusals) {
    const seconds = Number(refusal.headers.get("retry-after"));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
    expect((await bodyOf(refusal)).error).toMatchObject({ type: "api_key_rate_limit_error", code: "rate_limited" });
  }
  const calls = await gateway.calls(200);
  expect(calls.filter(({ end, attempts }) => end === "refused" && attempts.length === 0)).toHaveLength(150);
});

test("retry-after is right: a moment before it the call is refused, and then it passes", async () => {
  gateway = await ownGateway({ key: { limits: [requests(1)] } });
  gateway.clock.set(Math.ceil(gateway.clock.now() / 60_000) * 60_000 + 13_000);
  await gateway.chat();
  const refused = await gateway.chat();
  expect(refused.headers.get("retry-after")).toBe("47");
  expect((await bodyOf(refused)).gatehouse.remedy).toContain("47 s");
  gateway.clock.advance(46_900);
  expect((await gateway.chat()).status).toBe(429);
  gateway.clock.advance(100);
  expect((await gateway.chat()).status).toBe(200);
});

test("a limit is still there after the gateway was started again on the same data folder", async () => {
  const folder = temporaryFolder();
  const options = { folder, key: { limits: [requests(3)] } };
  gateway = await ownGateway(options);
  const { clock } = gateway;
  expect(await statusesOf(2, () => gateway.chat())).toEqual([200, 200]);
  await gateway.close();
  gateway = await ownGateway({ ...options, clock });
  expect(await statusesOf(3, () => gateway.chat())).toEqual([200, 429, 429]);
  await gateway.close();
  gateway = await ownGateway({ ...options, clock });
  expect((await gateway.chat()).status).toBe(429);
  rmSync(folder, { recursive: true });
});

describe("whose limit it is", () => {
  test("a team's limit holds for all its keys together", async () => {
    const secrets = ["a-virtual-key-number-one", "a-virtual-key-number-two", "a-virtual-key-of-nobody"] as const;
    const [one, two, nobody] = secrets.map((secret) => ({ secret }));
    gateway = await ownGateway({
      file: { teams: { red: { limits: [requests(5)] } }, keys: { one: { ...one, team: "red" }, two: { ...two, team: "red" }, nobody } },
    });
    const as = (secret: string) => gateway.chat({}, { authorization: `Bearer ${secret}` });
    expect(await statusesOf(20, (index) => as(secrets[index % 2] ?? ""))).toEqual([...Array(5).fill(200), ...Array(15).fill(429)]);
    expect((await bodyOf(await as(secrets[0]))).error.type).toBe("workspace_rate_limit_error");
    expect((await as(secrets[2])).status).toBe(200);
  });

  test("a call that the team refuses costs the key nothing", async () => {
    gateway = await ownGateway({ file: { teams: { red: { limits: [requests(1)] } } }, key: { team: "red", limits: [requests(3)] } });
    gateway.clock.set(Math.ceil(gateway.clock.now() / 60_000) * 60_000);
    for (const expected of [200, 429, 429, 429]) expect((await gateway.chat()).status).toBe(expected);
    await gateway.apply({ teams: { red: {} }, keys: { test: { secret: TEST_KEY, team: "red", limits: [requests(3)] } } });
    gateway.clock.advance(10_100);
    expect(await statusesOf(4, () => gateway.chat())).toEqual([200, 200, 429, 429]);
  });

  test("each key has its own", async () => {
    const [one, two] = ["a-virtual-key-number-one", "a-virtual-key-number-two"];
    gateway = await ownGateway({
      file: { keys: { one: { secret: one, limits: [requests(1)] }, two: { secret: two, limits: [requests(1)] } } },
    });
    for (const secret of [one, two]) expect((await gateway.chat({}, { authorization: `Bearer ${secret}` })).status).toBe(200);
  });

  test("several limits hold together, and the one that refuses is named", async () => {
    gateway = await ownGateway({ key: { limits: [requests(100, "minute"), requests(2, "hour")] } });
    for (const expected of [200, 200, 429]) expect((await gateway.chat()).status).toBe(expected);
    expect((await bodyOf(await gateway.chat())).error.message).toContain("2 requests per hour of this virtual key");
  });
});

describe("a provider's limit", () => {
  test("sends the call on to the next target", async () => {
    await withProviders({ small: { limits: [requests(2)] }, large: {} });
    const both = config({ strategy: { mode: "fallback" }, targets: [{ provider: "@small" }, { provider: "@large" }] });
    expect(await statusesOf(5, () => gateway.chat({}, both))).toEqual([200, 200, 200, 200, 200]);
    expect([...called()].sort()).toEqual(["large", "large", "large", "small", "small"]);
  });

  test("is the answer where there is no other target", async () => {
    await withProviders({ small: { limits: [requests(1)] } });
    await gateway.chat();
    const refused = await gateway.chat();
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toMatch(/^\d+$/);
    expect((await bodyOf(refused)).error.type).toBe("integration_rate_limit_error");
  });

  test("moves on only where the config's statuses have it", async () => {
    await withProviders({ small: { limits: [requests(0)] }, large: {} });
    const on = (codes: readonly number[]) =>
      config({ strategy: { mode: "fallback", on_status_codes: codes }, targets: [{ provider: "@small" }, { provider: "@large" }] });
    expect((await gateway.chat({}, on([500]))).status).toBe(429);
    expect((await gateway.chat({}, on([429]))).status).toBe(200);
  });

  test("counts a call that failed there, also when the cache then answered for the next target", async () => {
    await withProviders({ small: { limits: [requests(1)] }, large: {} }, { upstream: inTurn(always(completion("Hello")), FAILURE) });
    const cached = { cache: { mode: "simple" } };
    await gateway.chat({}, config({ ...cached, provider: "@large" }));
    await gateway.calls();
    const both = config({ strategy: { mode: "fallback" }, targets: [{ provider: "@small" }, { provider: "@large", ...cached }] });
    expect((await gateway.chat({}, both)).headers.get("x-portkey-cache-status")).toBe("HIT");
    await gateway.calls(2);
    expect((await gateway.chat({}, config({ provider: "@small" }))).status).toBe(429);
  });

  test("counts for every key", async () => {
    await withProviders({ small: { limits: [requests(1)] } });
    await gateway.apply({
      providers: { small: { provider: "custom", base_url: gateway.upstream.url, limits: [requests(1)] } },
      keys: { test: { secret: TEST_KEY }, other: { secret: "another-virtual-key-0123" } },
    });
    await gateway.chat();
    expect((await gateway.chat({}, { authorization: "Bearer another-virtual-key-0123" })).status).toBe(429);
  });
});

describe("a call counts one for its key", () => {
  test("when it falls back through several targets", async () => {
    await withProviders(
      { first: {}, second: {}, third: {} },
      { key: { limits: [requests(2)] }, upstream: inTurn(FAILURE, FAILURE, always(completion("Hello"))) },
    );
    const all = config({ strategy: { mode: "fallback" }, targets: ["first", "second", "third"].map((provider) => ({ provider })) });
    for (const expected of [200, 200, 429]) expect((await gateway.chat({}, all)).status).toBe(expected);
  });

  test("when its first target was refused by the provider's limit", async () => {
    await withProviders({ small: { limits: [requests(0)] }, large: {} }, { key: { limits: [requests(2)] } });
    const both = config({ strategy: { mode: "fallback" }, targets: [{ provider: "@small" }, { provider: "@large" }] });
    for (const expected of [200, 200, 429]) expect((await gateway.chat({}, both)).status).toBe(expected);
  });

  test("when the provider failed it", async () => {
    gateway = await ownGateway({ key: { limits: [requests(2)] }, upstream: FAILURE });
    for (const expected of [500, 500, 429]) expect((await gateway.chat()).status).toBe(expected);
  });

  test("and none when a guardrail refused it before anything was sent", async () => {
    gateway = await ownGateway({ key: { limits: [requests(1)] } });
    const guarded = config({ input_guardrails: [{ "default.contains": { words: ["Hello"], operator: "none" }, deny: true }] });
    for (let round = 0; round < 3; round += 1) expect((await gateway.chat({}, guarded)).status).toBe(446);
    expect((await gateway.chat()).status).toBe(200);
  });

  test("and none when the request itself was wrong", async () => {
    gateway = await ownGateway({ key: { limits: [requests(1)] } });
    expect((await gateway.chat({ model: 7 })).status).toBe(400);
    expect((await gateway.chat({}, config({ retires: 1 }))).status).toBe(400);
    expect((await gateway.chat()).status).toBe(200);
  });
});

describe("windows", () => {
  test.each(["second", "minute", "hour", "day"])("a limit per %s is a rate: 429", async (window) => {
    gateway = await ownGateway({ key: { limits: [requests(1, window)] } });
    await gateway.chat();
    const refused = await gateway.chat();
    expect(refused.status).toBe(429);
    gateway.clock.advance(Number(refused.headers.get("retry-after")) * 1000);
    expect((await gateway.chat()).status).toBe(200);
  });

  test.each(["week", "month"])("a limit per %s is a budget: 412", async (window) => {
    gateway = await ownGateway({ key: { limits: [requests(1, window)] } });
    await gateway.chat();
    const refused = await gateway.chat();
    expect(refused.status).toBe(412);
    expect((await bodyOf(refused)).error.code).toBe("budget_exhausted");
    // Back at the same second of the next window; the memory of the key is over long before that.
    gateway.clock.advance(Number(refused.headers.get("retry-after")) * 1000);
    expect((await gateway.chat()).status).toBe(200);
  });

  test("a limit of nothing refuses everything", async () => {
    gateway = await ownGateway({ key: { limits: [requests(0)] } });
    expect((await gateway.chat()).status).toBe(429);
  });
});

describe("while counters cannot be written", () => {
  test("rates let pass", async () => {
    gateway = await ownGateway({ key: { limits: [requests(1, "minute")] } });
    gateway.breakTable("counters");
    expect(await statusesOf(3, () => gateway.chat())).toEqual([200, 200, 200]);
  });

  test("budgets refuse, and say when to come again", async () => {
    gateway = await ownGateway({ key: { limits: [requests(1, "month")] } });
    gateway.breakTable("counters");
    const response = await gateway.chat();
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("1");
    expect(gateway.upstream.seen).toHaveLength(0);
  });
});

test("every route counts: chat, completions, embeddings, models and what is passed through", async () => {
  await withProviders({ only: { passthrough: ["*"] } }, { key: { scopes: ["passthrough"], limits: [requests(5)] } });
  const statuses = [
    await gateway.chat(),
    await gateway.post("/v1/completions", { model: "m", prompt: "a" }),
    await gateway.post("/v1/embeddings", { model: "m", input: "a" }),
    await gateway.get("/v1/models"),
    await gateway.get("/v1/files"),
  ].map(({ status }) => status);
  expect(statuses).toEqual([200, 200, 200, 200, 200]);
  for (const path of ["/v1/models", "/v1/files"]) expect((await gateway.get(path)).status).toBe(429);
});
