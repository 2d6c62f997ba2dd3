import { isDeepStrictEqual } from "node:util";
import type { GatehouseFile } from "../config/gatehouseFile.ts";
import type { Account } from "../contracts/account.ts";
import type { VirtualKey } from "../contracts/key.ts";
import type { Secrets, Store } from "../ports/ports.ts";
import { type Collection, controlCollections } from "./collections.ts";
import { guardrailCollection } from "./guardrailShelf.ts";
import { ADOPTED_MIN_LENGTH, hashOf, readKeyString } from "./keyString.ts";

/** The file asks for something that cannot be done; the message begins with the path of the field. */
export class ApplyError extends Error {}

/** Makes the control table what the file says: what stands in it is written, what stands there and not in it is removed. */
export async function applyFile(file: GatehouseFile, control: Store, secrets: Secrets): Promise<void> {
  const collections = controlCollections(control);
  const keys = await Promise.all(Object.entries(file.keys).map(([name, key]) => keyOf(name, key, secrets)));
  const opened = new Map<string, string>();
  for (const { key, adoptedHash } of keys) {
    const secret = adoptedHash ?? key.id;
    const other = opened.get(secret);
    if (other !== undefined) throw new ApplyError(`keys.${key.name}.secret: ${other} has the same secret`);
    opened.set(secret, key.name);
  }
  const adopted = keys.flatMap(({ key, adoptedHash }) => (adoptedHash ? [[adoptedHash, { keyId: key.id }] as const] : []));
  const before = await collections.accounts.all();
  const accounts = await Promise.all(Object.entries(file.providers).map(([slug, provider]) => accountOf(slug, provider, secrets)));
  await Promise.all([
    mirror(collections.teams, new Map(Object.entries(file.teams).map(([slug, team]) => [slug, { slug, ...team }]))),
    mirror(collections.accounts, new Map(accounts.map((account) => [account.slug, account]))),
    mirror(guardrailCollection(control), new Map(Object.entries(file.guardrails).map(([slug, document]) => [slug, { slug, document }]))),
    applyConfigs(file, collections.configs),
    // A key that is removed stops working before a pointer to it is.
    mirror(collections.keys, new Map(keys.map(({ key }) => [key.id, key]))).then(() => mirror(collections.adopted, new Map(adopted))),
  ]);
  await forgetSecrets(before, accounts, secrets);
}

/** A secret that no provider names any more is kept by nobody. */
async function forgetSecrets(before: ReadonlyMap<string, Account>, accounts: readonly Account[], secrets: Secrets): Promise<void> {
  const named = new Set(accounts.map(({ secretName }) => secretName));
  for (const { secretName } of before.values()) {
    if (secretName !== undefined && !isReference(secretName) && !named.has(secretName)) await secrets.remove(secretName);
  }
}

async function mirror<Value>(collection: Collection<Value>, wanted: ReadonlyMap<string, Value>): Promise<void> {
  const present = await collection.all();
  for (const id of present.keys()) if (!wanted.has(id)) await collection.delete(id);
  for (const [id, value] of wanted) if (!isDeepStrictEqual(present.get(id), plain(value))) await collection.put(id, value);
}

/** A changed document gets the next version, so that the log can tell which one served. */
async function applyConfigs({ configs }: GatehouseFile, saved: ReturnType<typeof controlCollections>["configs"]): Promise<void> {
  const present = await saved.all();
  const wanted = Object.entries(configs).map(([slug, document]) => {
    const before = present.get(slug);
    const isSame = before !== undefined && isDeepStrictEqual(before.document, plain(document));
    return [slug, isSame ? before : { slug, version: (before?.version ?? 0) + 1, document }] as const;
  });
  await mirror(saved, new Map(wanted));
}

async function keyOf(
  name: string,
  { secret, ...grants }: GatehouseFile["keys"][string],
  secrets: Secrets,
): Promise<{ key: VirtualKey; adoptedHash?: string }> {
  const value = await resolved(secret, `keys.${name}.secret`, secrets);
  const parsed = readKeyString(value);
  if (parsed.kind === "impossible") {
    const problem = value.startsWith("gate_") ? "a generated key with a wrong checksum" : `needs ${ADOPTED_MIN_LENGTH} characters or more`;
    throw new ApplyError(`keys.${name}.secret: ${problem}`);
  }
  const sha256 = hashOf(value);
  const id = parsed.kind === "generated" ? parsed.id : `key_${name}`;
  const key: VirtualKey = { id, name, hashes: [{ sha256 }], ...grants };
  return parsed.kind === "generated" ? { key } : { key, adoptedHash: sha256 };
}

async function accountOf(
  slug: string,
  { secret, settings: _settings, ...account }: GatehouseFile["providers"][string],
  secrets: Secrets,
): Promise<Account> {
  if (secret === undefined) return { slug, ...account };
  await resolved(secret, `providers.${slug}.secret`, secrets);
  if (isReference(secret)) return { slug, ...account, secretName: secret };
  const secretName = slug;
  await secrets.write(secretName, secret);
  return { slug, ...account, secretName };
}

const isReference = (secret: string): boolean => secret.startsWith("env:") || secret.startsWith("file:");

async function resolved(secret: string, path: string, secrets: Secrets): Promise<string> {
  if (!isReference(secret)) return secret;
  try {
    return await secrets.read(secret);
  } catch {
    throw new ApplyError(`${path}: ${secret.startsWith("env:") ? "the environment variable is not set" : "the file cannot be read"}`);
  }
}

const plain = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;
