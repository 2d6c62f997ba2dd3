import { chmod, readFile, rename, stat, writeFile } from "node:fs/promises";
import * as z from "zod";
import type { Secrets } from "../ports.ts";

type Environment = Readonly<Record<string, string | undefined>>;
type Contents = ReadonlyMap<string, string>;

/**
 * Secrets in a JSON file that only its owner can read. `env:NAME` and `file:PATH` name secrets that somebody else keeps:
 * they can be read, not written. No error says anything of a value.
 */
export function fileSecrets(path: string, environment: Environment): Secrets {
  let lastChange: Promise<void> = Promise.resolve();

  // One after the other, since each change writes the whole file.
  const change = (name: string, edit: (contents: Map<string, string>) => void): Promise<void> => {
    if (isElsewhere(name)) return Promise.reject(new Error(`the secret ${name} can only be read: the gateway does not keep it`));
    const changed = lastChange.then(async () => {
      const contents = new Map(await load(path));
      edit(contents);
      await save(path, contents);
    });
    lastChange = changed.catch(() => undefined);
    return changed;
  };

  return {
    async read(name) {
      const value = await find(name, path, environment);
      if (value === undefined) throw new Error(`there is no secret ${name}`);
      return value;
    },
    write: (name, value) => change(name, (contents) => contents.set(name, value)),
    remove: (name) => change(name, (contents) => contents.delete(name)),
  };
}

const ENVIRONMENT = "env:";
const FILE = "file:";
const isElsewhere = (name: string): boolean => name.startsWith(ENVIRONMENT) || name.startsWith(FILE);

async function find(name: string, path: string, environment: Environment): Promise<string | undefined> {
  // A variable that is set to nothing is how many shells and compose files say "not set".
  if (name.startsWith(ENVIRONMENT)) return environment[name.slice(ENVIRONMENT.length)] || undefined;
  if (name.startsWith(FILE)) return (await readIfPresent(name.slice(FILE.length)))?.trim();
  return (await load(path)).get(name);
}

const secretsFile = z.record(z.string(), z.string()).transform((secrets): Contents => new Map(Object.entries(secrets)));

async function load(path: string): Promise<Contents> {
  const text = await readIfPresent(path);
  if (text === undefined) return new Map();
  await tighten(path);
  try {
    return secretsFile.parse(JSON.parse(text));
  } catch {
    // Without its cause: a parser quotes what it could not read, and that is a secret.
    throw new Error(`the secrets file ${path} is not a JSON object of names and strings`);
  }
}

/** Written beside and moved into place, so that neither a crash nor a full disk leaves half a file. */
async function save(path: string, contents: Contents): Promise<void> {
  const beside = `${path}.new`;
  await writeFile(beside, JSON.stringify(Object.fromEntries(contents), null, 2), { mode: 0o600, flush: true });
  await rename(beside, path);
}

async function tighten(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & 0o177) !== 0) await chmod(path, 0o600);
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
