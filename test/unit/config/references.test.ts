import { expect, test } from "vitest";
import { gatehouseFileSchema } from "../../../shared/config/gatehouseFile.ts";
import { brokenReferences } from "../../../shared/config/references.ts";

const broken = (file: object, others: readonly string[] = []): readonly string[] =>
  brokenReferences(gatehouseFileSchema.parse(file), others);
const OPENAI = { prod: { provider: "openai", secret: "env:X" } };

test("names that lead somewhere are no mistakes", () => {
  const file = {
    teams: { red: {} },
    providers: OPENAI,
    keys: { k: { secret: "x", team: "red", config: "main", providers: ["prod", "elsewhere"] } },
    configs: {
      main: {
        targets: [{ provider: "@prod" }, { provider: "prod" }, { provider: "openai" }, { virtual_key: "prod" }, { provider: "@elsewhere" }],
        input_guardrails: ["g", { "default.contains": { words: ["a"] } }],
      },
    },
    guardrails: { g: { "default.contains": { words: ["a"] } } },
  };
  expect(broken(file, ["elsewhere"])).toEqual([]);
});

test.each([
  [{ providers: { p: { provider: "opnai", secret: "x" } } }, "providers.p.provider"],
  [{ providers: { p: { provider: "openai" } } }, "providers.p.secret"],
  [{ providers: { p: { provider: "custom" } } }, "providers.p.base_url"],
  [{ keys: { k: { secret: "x", team: "red" } } }, "keys.k.team"],
  [{ keys: { k: { secret: "x", config: "main" } } }, "keys.k.config"],
  [{ providers: OPENAI, keys: { k: { secret: "x", providers: ["prod", "other"] } } }, "keys.k.providers.1"],
  [{ configs: { c: { provider: "@nobody" } } }, "configs.c.provider"],
  [{ configs: { c: { virtual_key: "nobody" } } }, "configs.c.virtual_key"],
  [
    { providers: OPENAI, configs: { c: { targets: [{ provider: "prod" }, { targets: [{ provider: "mistral-ai" }] }] } } },
    "configs.c.targets.1.targets.0.provider",
  ],
  [{ configs: { c: { output_guardrails: ["g"] } } }, "configs.c.output_guardrails.0"],
  [{ configs: { c: { targets: [{ before_request_hooks: ["g"] }] } } }, "configs.c.targets.0.before_request_hooks.0"],
  [{ guardrails: { g: { "default.nothing": {} } } }, "guardrails.g.default.nothing"],
])("a name that leads nowhere is told by its path: %j", (file, path) => {
  const lines = broken(file);
  expect(lines).toHaveLength(1);
  expect(lines[0]?.split(": ")[0]).toBe(path);
});

test("of an unknown vendor the known ones are listed, and nothing else is asked of it", () => {
  const [line, ...others] = broken({ providers: { p: { provider: "opnai" } } });
  expect(line).toContain("openai");
  expect(others).toEqual([]);
});

test("names that every object has are no teams, configs or providers", () => {
  expect(
    broken({
      keys: { k: { secret: "x", team: "constructor", config: "toString", providers: ["hasOwnProperty"] } },
      configs: { c: { input_guardrails: ["valueOf"] } },
    }),
  ).toHaveLength(4);
});
