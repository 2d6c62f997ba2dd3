import type { Account, Team } from "../contracts/account.ts";
import type { Clock } from "../ports/ports.ts";
import type { ControlCollections, SavedConfig } from "./collections.ts";
import { type KeyMemory, type Remembered, remembered } from "./remembered.ts";

/** What operators set up, read through a short memory. */
export interface Directory {
  /** All that a key may use: by their slugs where the key names them, else every one there is. */
  accounts(slugs: readonly string[] | undefined): Promise<ReadonlyMap<string, Account>>;
  team(slug: string): Promise<Team | undefined>;
  config(slug: string): Promise<SavedConfig | undefined>;
}

export function directory({ accounts, teams, configs }: ControlCollections, clock: Clock, memory: KeyMemory): Directory {
  const options = { clock, ttlMs: () => memory.keyTtlSeconds * 1000, staleMs: memory.staleKeySeconds * 1000 };
  const accountBySlug = remembered((slug) => accounts.get(slug), options);
  const everyAccount = remembered(() => accounts.all(), options);
  const teamBySlug = remembered((slug) => teams.get(slug), options);
  const configBySlug = remembered((slug) => configs.get(slug), options);

  return {
    async accounts(slugs) {
      if (slugs === undefined) return (await everyAccount.get("*")).value;
      const found = await Promise.all(slugs.map(async (slug) => freshValue(accountBySlug, slug)));
      return new Map(found.flatMap((account) => (account ? [[account.slug, account]] : [])));
    },
    team: (slug) => freshValue(teamBySlug, slug),
    config: (slug) => freshValue(configBySlug, slug),
  };
}

const freshValue = async <Value>(memory: Remembered<Value>, id: string): Promise<Value> => (await memory.get(id)).value;
