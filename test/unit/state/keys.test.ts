import { DatabaseSync } from "node:sqlite";
import { beforeEach, expect, test } from "vitest";
import type { VirtualKey } from "../../../shared/contracts/key.ts";
import { sqliteStore } from "../../../shared/ports/embedded/sqliteStore.ts";
import { type ControlCollections, controlCollections } from "../../../shared/state/collections.ts";
import { generateKey, hashOf } from "../../../shared/state/keyString.ts";
import { type KeyFinder, keyFinder } from "../../../shared/state/keys.ts";
import { type ManualClock, manualClock } from "../../support/manualClock.ts";

let clock: ManualClock;
let collections: ControlCollections;
let keys: KeyFinder;
beforeEach(() => {
  clock = manualClock();
  collections = controlCollections(sqliteStore(new DatabaseSync(":memory:"), "control", clock));
  keys = keyFinder(collections, clock, { keyTtlSeconds: 10, staleKeySeconds: 60 });
});

const keyWith = (id: string, hashes: VirtualKey["hashes"]): VirtualKey => ({
  id,
  name: "test",
  hashes,
  scopes: [],
  allow_config_override: true,
  limits: [],
  metadata: {},
  revoked: false,
});
const foundId = async (secret: string): Promise<string | undefined> => (await keys.find(secret)).value?.id;

test("while a key is rotated its old and its new secret open it, until the old one expires", async () => {
  const old = generateKey(clock.now());
  await collections.keys.put(
    old.id,
    keyWith(old.id, [{ sha256: hashOf(old.secret), expiresAt: clock.now() + 5000 }, { sha256: hashOf("an-adopted-second-secret") }]),
  );
  await collections.adopted.put(hashOf("an-adopted-second-secret"), { keyId: old.id });
  expect(await foundId(old.secret)).toBe(old.id);
  expect(await foundId("an-adopted-second-secret")).toBe(old.id);
  clock.advance(5000);
  expect(await foundId(old.secret)).toBeUndefined();
  expect(await foundId("an-adopted-second-secret")).toBe(old.id);
});

test("an id without its secret opens nothing", async () => {
  const [mine, other] = [generateKey(clock.now()), generateKey(clock.now())];
  await collections.keys.put(mine.id, keyWith(mine.id, [{ sha256: hashOf(mine.secret) }]));
  expect(await foundId(other.secret)).toBeUndefined();
  expect(await foundId(mine.id)).toBeUndefined();
  expect(await foundId(hashOf(mine.secret))).toBeUndefined();
});

test("a pointer to a key that is gone, or that does not have this hash, opens nothing", async () => {
  await collections.adopted.put(hashOf("a-pointer-to-nothing-0"), { keyId: "key_gone" });
  expect(await foundId("a-pointer-to-nothing-0")).toBeUndefined();
  await collections.keys.put("key_other", keyWith("key_other", [{ sha256: hashOf("its-own-secret-0123456") }]));
  await collections.adopted.put(hashOf("a-pointer-to-another-0"), { keyId: "key_other" });
  expect(await foundId("a-pointer-to-another-0")).toBeUndefined();
});

test("a flood of strings that can be no key asks the store nothing", async () => {
  let reads = 0;
  const counted = async () => {
    reads += 1;
    return undefined;
  };
  const counting = {
    ...collections,
    keys: { ...collections.keys, get: counted },
    adopted: { ...collections.adopted, get: counted },
  };
  const finder = keyFinder(counting, clock, { keyTtlSeconds: 10, staleKeySeconds: 60 });
  const { secret } = generateKey(clock.now());
  for (let position = 5; position < secret.length; position += 1) {
    const changed = `${secret.slice(0, position)}${secret[position] === "0" ? "1" : "0"}${secret.slice(position + 1)}`;
    expect((await finder.find(changed)).value).toBeUndefined();
  }
  expect(reads).toBe(0);
});
