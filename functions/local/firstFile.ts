import { type GatehouseFile, gatehouseFileSchema } from "../../shared/config/gatehouseFile.ts";
import type { Clock, Secrets } from "../../shared/ports/ports.ts";
import { providers } from "../../shared/providers/table.ts";
import { generateKey } from "../../shared/state/keyString.ts";

const DEMO_SECRET = "local/demo-key";

/** What a gateway without a file is: a demo provider, and a key for it and for every provider that the environment has a key of. */
export async function firstFile(secrets: Secrets, clock: Clock): Promise<{ readonly file: GatehouseFile; readonly demoKey: string }> {
  const demoKey = await kept(secrets, () => generateKey(clock.now()).secret);
  const file = gatehouseFileSchema.parse({ providers: { demo: { provider: "demo" } }, keys: { demo: { secret: demoKey } } });
  return { file, demoKey };
}

/** The file with a provider for each vendor whose key is in the environment and that the file does not name itself. */
export function withEnvironment(file: GatehouseFile, environment: NodeJS.ProcessEnv): GatehouseFile {
  const named = new Set(Object.values(file.providers).map(({ provider }) => provider));
  const found: GatehouseFile["providers"] = {};
  for (const { id, environmentVariable: variable } of providers.values()) {
    if (!variable || !environment[variable] || named.has(id) || id in file.providers) continue;
    found[id] = { provider: id, secret: `env:${variable}`, limits: [], passthrough: [] };
  }
  return { ...file, providers: { ...file.providers, ...found } };
}

/** The demo key is kept readable, in the file of secrets, so that a later start can print the same line. It opens only this gateway. */
async function kept(secrets: Secrets, create: () => string): Promise<string> {
  try {
    return await secrets.read(DEMO_SECRET);
  } catch {
    const created = create();
    await secrets.write(DEMO_SECRET, created);
    return created;
  }
}
