import { DatabaseSync } from "node:sqlite";
import { beforeEach, describe, expect, test } from "vitest";
import { gatehouseFileSchema } from "../../../shared/config/gatehouseFile.ts";
import { sqliteStore } from "../../../shared/ports/embedded/sqliteStore.ts";
import type { Secrets, Store } from "../../../shared/ports/ports.ts";
import { ApplyError, applyFile } from "../../../shared/state/applyFile.ts";
import { type ControlCollections, controlCollections } from "../../../shared/state/collections.ts";
import { generateKey, hashOf } from "../../../shared/state/keyString.ts";
import { manualClock } from "../../support/manualClock.ts";

let database: DatabaseSync;
let control: Store;
let collections: ControlCollections;
let kept: Map<string, string>;
let secrets: Secrets;
beforeEach(() => {
  database = new DatabaseSync(":memory:");
  control = sqliteStore(database, "control", manualClock());
  collections = controlCollections(control);
  kept = new Map([["env:SET", "a-secret-in-the-environment"]]);
  secrets = {
    read: async (name) => kept.get(name) ?? Promise.reject(new Error("there is no such secret")),
    write: async (name, value) => void kept.set(name, value),
    remove: async (name) => void kept.delete(name),
  };
});

const apply = (file: object): Promise<void> => applyFile(gatehouseFileSchema.parse(file), control, secrets);
const everything = (): string => JSON.stringify(database.prepare("SELECT * FROM control").all());
const SECRET = "a-virtual-key-of-a-test";

test("what stands in the file is stored, and what does not is removed", async () => {
  await apply({
    teams: { red: {}, blue: {} },
    providers: { a: { provider: "demo" }, b: { provider: "demo" } },
    keys: { k: { secret: SECRET } },
    configs: { c: {} },
    guardrails: { g: { "default.contains": { words: ["a"] } } },
  });
  await apply({ teams: { blue: { cost_center: "7" } }, providers: { b: { provider: "demo" } } });
  expect([...(await collections.teams.all()).values()]).toMatchObject([{ slug: "blue", cost_center: "7" }]);
  expect([...(await collections.accounts.all()).keys()]).toEqual(["b"]);
  for (const emptied of [collections.keys, collections.adopted, collections.configs]) expect((await emptied.all()).size).toBe(0);
  expect((await control.list("guardrail")).items).toEqual([]);
});

test("what did not change is not written again", async () => {
  const file = {
    teams: { red: {} },
    providers: { a: { provider: "openai", secret: "env:SET" } },
    keys: { k: { secret: SECRET } },
    configs: { c: { override_params: { seed: 1 } } },
  };
  await apply(file);
  const before = everything();
  await apply(file);
  expect(everything()).toBe(before);
});

test("a config that changed has the next version, and the others keep theirs", async () => {
  const versions = async () => [...(await collections.configs.all()).values()].map(({ slug, version }) => [slug, version]);
  await apply({ configs: { a: { override_params: { seed: 1 } }, b: {} } });
  await apply({ configs: { a: { override_params: { seed: 2 } }, b: {} } });
  await apply({ configs: { a: { override_params: { seed: 3 } }, b: {} } });
  expect(await versions()).toEqual([
    ["a", 3],
    ["b", 1],
  ]);
});

describe("secrets", () => {
  test("of keys are stored as hashes only", async () => {
    const generated = generateKey(0);
    await apply({ keys: { made: { secret: generated.secret }, adopted: { secret: SECRET } } });
    expect(everything()).not.toContain(SECRET);
    expect(everything()).not.toContain(generated.secret);
    expect((await collections.keys.get(generated.id))?.hashes).toEqual([{ sha256: hashOf(generated.secret) }]);
    expect(await collections.adopted.get(hashOf(SECRET))).toEqual({ keyId: "key_adopted" });
    expect([...kept.values()].join()).not.toContain(SECRET);
  });

  test("of providers go to the secrets, and the table has their names", async () => {
    await apply({
      providers: {
        literal: { provider: "openai", secret: "sk-a-literal" },
        named: { provider: "openai", secret: "env:SET" },
        none: { provider: "demo" },
      },
    });
    const names = [...(await collections.accounts.all()).values()].map(({ slug, secretName }) => [slug, secretName]);
    expect(names).toEqual([
      ["literal", "literal"],
      ["named", "env:SET"],
      ["none", undefined],
    ]);
    expect(kept.get("literal")).toBe("sk-a-literal");
    expect(everything()).not.toContain("sk-a-literal");
  });

  test("of providers that are gone, or have theirs elsewhere now, are removed", async () => {
    await apply({
      providers: {
        gone: { provider: "openai", secret: "sk-1" },
        moved: { provider: "openai", secret: "sk-2" },
        stays: { provider: "openai", secret: "sk-3" },
      },
    });
    await apply({ providers: { moved: { provider: "openai", secret: "env:SET" }, stays: { provider: "openai", secret: "sk-3" } } });
    expect([...kept.keys()].sort()).toEqual(["env:SET", "stays"]);
  });

  test("of keys may stand in the environment too", async () => {
    await apply({ keys: { k: { secret: "env:SET" } } });
    expect((await collections.keys.get("key_k"))?.hashes).toEqual([{ sha256: hashOf("a-secret-in-the-environment") }]);
  });

  test("an adopted key that changes opens with the new string only", async () => {
    await apply({ keys: { k: { secret: SECRET } } });
    await apply({ keys: { k: { secret: `${SECRET}-new` } } });
    expect([...(await collections.adopted.all()).keys()]).toEqual([hashOf(`${SECRET}-new`)]);
    expect((await collections.keys.get("key_k"))?.hashes).toEqual([{ sha256: hashOf(`${SECRET}-new`) }]);
  });
});

describe("is refused with the place, and nothing is changed", () => {
  test.each([
    [{ keys: { k: { secret: "short" } } }, "keys.k.secret: needs 20 characters or more"],
    [{ keys: { k: { secret: `${generateKey(0).secret}x` } } }, "keys.k.secret: a generated key with a wrong checksum"],
    [{ keys: { k: { secret: "env:UNSET" } } }, "keys.k.secret: the environment variable is not set"],
    [{ keys: { k: { secret: "file:/nowhere" } } }, "keys.k.secret: the file cannot be read"],
    [{ providers: { p: { provider: "openai", secret: "env:UNSET" } } }, "providers.p.secret: the environment variable is not set"],
    [{ keys: { k: { secret: SECRET }, l: { secret: SECRET } } }, "keys.l.secret: k has the same secret"],
  ])("%j", async (file, message) => {
    await apply({ teams: { red: {} } });
    const before = everything();
    const failure = await apply(file).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ApplyError);
    expect((failure as Error).message).toBe(message);
    expect(everything()).toBe(before);
  });
});
