import type { Clock, Secrets } from "../ports/ports.ts";
import { remembered } from "./remembered.ts";

/** The keys with which the gateway calls providers. */
export interface ProviderSecrets {
  read(name: string): Promise<string>;
  /** A provider refused the secret: it may have been changed since it was read. */
  forget(name: string): void;
}

const FRESH_MS = 5 * 60_000;
const LAST_KNOWN_MS = 60 * 60_000;

export function providerSecrets(secrets: Secrets, clock: Clock): ProviderSecrets {
  const known = remembered((name) => secrets.read(name), { clock, ttlMs: () => FRESH_MS, staleMs: LAST_KNOWN_MS });
  return { read: async (name) => (await known.get(name)).value, forget: (name) => known.forget(name) };
}
