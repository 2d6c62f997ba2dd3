import { describe, expect, test } from "vitest";
import * as z from "zod";
import { configSchema } from "../../../shared/config/config.ts";
import { describeIssues } from "../../../shared/config/describeIssues.ts";
import { gatehouseFileSchema } from "../../../shared/config/gatehouseFile.ts";

const mistakesIn = (schema: z.ZodType, document: unknown): readonly string[] => {
  const { error } = schema.safeParse(document);
  return error ? describeIssues(error) : [];
};

describe("a config", () => {
  test.each([
    {},
    { provider: "@openai-prod" },
    { virtual_key: "openai-prod", override_params: { model: "gpt-4o", stop: ["a"], nested: { deep: [1, null] } } },
    { cache: { mode: "simple" }, request_timeout: 1000 },
    {
      strategy: { mode: "fallback", on_status_codes: [429, 246] },
      targets: [{ provider: "a" }, { strategy: { mode: "single" }, targets: [{ provider: "b" }] }],
    },
    { name: "main", input_guardrails: ["saved", { "default.contains": { words: ["a"], operator: "none" }, deny: true }] },
    {
      before_request_hooks: [{ type: "guardrail", id: "x", checks: [{ id: "default.regexMatch", parameters: { rule: "a" } }] }],
      after_request_hooks: [],
    },
  ])("as Portkey writes it is read: %j", (document) => {
    expect(mistakesIn(configSchema, document)).toEqual([]);
  });

  test("is kept a week by the cache where it does not say how long", () => {
    expect(configSchema.parse({ cache: { mode: "simple" } }).cache).toEqual({ mode: "simple", max_age: 604_800 });
  });

  test.each([
    [{ provder: "a" }, ["provder: unknown field"]],
    [{ a: 1, b: 2 }, ["a: unknown field", "b: unknown field"]],
    [{ targets: [{ provider: "a" }, { targets: [{ retry: { attempts: 3 } }] }] }, ["targets.1.targets.0.retry: unknown field"]],
    [{ cache: { mode: "simple", max_age: 1.5 } }, ["cache.max_age: Invalid input: expected int, received number"]],
    [{ provider: "" }, ["provider: Too small: expected string to have >=1 characters"]],
    [{ override_params: "model" }, ["override_params: must be an object"]],
  ])("with mistakes names each by its path: %j", (document, mistakes) => {
    expect(mistakesIn(configSchema, document)).toEqual(mistakes);
  });

  test.each([["a text"], [7], [null], [[]]])("that is no object is one mistake: %j", (document) => {
    expect(mistakesIn(configSchema, document)).toHaveLength(1);
    expect(mistakesIn(configSchema, document)[0]).toMatch(/^\(the whole document\): /);
  });

  test("of a guardrail tells the mistake of the form that was meant", () => {
    const [mistake] = mistakesIn(configSchema, { input_guardrails: ["saved", { "default.contains": { words: ["a"], operator: "some" } }] });
    expect(mistake).toMatch(/^input_guardrails\.1\.default\.contains\.operator: /);
  });

  test("has a depth that no document can overflow", () => {
    let document: object = { provider: "a" };
    for (let depth = 0; depth < 200; depth += 1) document = { targets: [document] };
    expect(mistakesIn(configSchema, document)).toEqual([]);
  });
});

describe("gatehouse.json", () => {
  const EXAMPLE = {
    teams: { shop: { cost_center: "4711", limits: [{ type: "requests", value: 500, window: "month" }] } },
    providers: {
      "openai-prod": { provider: "openai", secret: "env:OPENAI_API_KEY", models: ["gpt-*"], limits: [] },
      other: { provider: "custom", base_url: "https://models.example.com/v1", settings: {} },
    },
    keys: {
      checkout: {
        secret: "a-virtual-key-of-checkout",
        team: "shop",
        providers: ["openai-prod"],
        models: ["gpt-*"],
        config: "main",
        limits: [{ type: "requests", value: 60, window: "minute" }],
        metadata: { application: "checkout" },
      },
    },
    configs: { main: { strategy: { mode: "fallback" }, targets: [{ provider: "@openai-prod" }, { provider: "@other" }] } },
    guardrails: {},
    prompts: {},
    policies: {},
  };

  test("as the README shows it is read", () => {
    expect(mistakesIn(gatehouseFileSchema, EXAMPLE)).toEqual([]);
  });

  test("may be empty", () => {
    expect(gatehouseFileSchema.parse({})).toEqual({
      teams: {},
      providers: {},
      keys: {},
      configs: {},
      guardrails: {},
      prompts: {},
      policies: {},
    });
  });

  test.each([
    [{ kees: {} }, "kees: unknown field"],
    [{ keys: { k: { secret: "x", scope: [] } } }, "keys.k.scope: unknown field"],
    [{ keys: { k: {} } }, "keys.k.secret: "],
    [{ keys: { k: { secret: "x", scopes: ["admin"] } } }, "keys.k.scopes.0: "],
    [{ keys: { k: { secret: "x", expires_at: "tomorrow" } } }, "keys.k.expires_at: "],
    [{ keys: { k: { secret: "x", expires_at: "2030-01-01T00:00:00" } } }, "keys.k.expires_at: "],
    [{ keys: { "a key": { secret: "x" } } }, "keys.a key: "],
    [
      { keys: { k: { secret: "x", limits: [{ type: "cost", value: 10, window: "month" }] } } },
      'keys.k.limits.0.type: only "requests" is enforced',
    ],
    [{ keys: { k: { secret: "x", limits: [{ type: "requests", value: 10, window: "year" }] } } }, "keys.k.limits.0.window: "],
    [{ keys: { k: { secret: "x", limits: [{ type: "requests", value: 1.5, window: "day" }] } } }, "keys.k.limits.0.value: "],
    [{ providers: { p: { provider: "openai", base_url: "ftp://x" } } }, "providers.p.base_url: "],
    [{ providers: { p: { provider: "openai", settings: { region: "eu" } } } }, "providers.p.settings.region: unknown field"],
    [{ configs: { c: { targets: [{ weight: 1 }] } } }, "configs.c.targets.0.weight: unknown field"],
    [{ prompts: { p: {} } }, "prompts.p: unknown field"],
    [{ teams: { t: { metadata: { a: 1 } } } }, "teams.t.metadata.a: "],
  ])("with a mistake names its path: %j", (document, mistake) => {
    const [first, ...others] = mistakesIn(gatehouseFileSchema, document);
    expect(first?.startsWith(mistake) ? mistake : first).toBe(mistake);
    expect(others).toEqual([]);
  });

  test("names every mistake, not only the first", () => {
    const document = { keys: { a: {}, b: { secret: 7 } }, providers: { p: {} }, extra: 1 };
    expect(
      mistakesIn(gatehouseFileSchema, document)
        .map((line) => line.split(":")[0])
        .sort(),
    ).toEqual(["extra", "keys.a.secret", "keys.b.secret", "providers.p.provider"]);
  });

  test("has a JSON Schema for editors", () => {
    const schema = z.toJSONSchema(gatehouseFileSchema, { io: "input", unrepresentable: "any" });
    expect(Object.keys(schema.properties ?? {}).sort()).toEqual([
      "$schema",
      "configs",
      "guardrails",
      "keys",
      "policies",
      "prompts",
      "providers",
      "teams",
    ]);
  });
});
