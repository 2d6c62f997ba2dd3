import { join } from "node:path";
import { logSinkWithDeadline, secretsWithDeadline } from "../../shared/ports/deadline.ts";
import type { DataFolder } from "../../shared/ports/embedded/dataFolder.ts";
import { fileSecrets } from "../../shared/ports/embedded/fileSecrets.ts";
import { type JsonLines, jsonLines } from "../../shared/ports/embedded/jsonLines.ts";
import { sqliteLedger } from "../../shared/ports/embedded/sqliteLedger.ts";
import { sqliteStore } from "../../shared/ports/embedded/sqliteStore.ts";
import { systemClock } from "../../shared/ports/embedded/systemClock.ts";
import type { Clock, Secrets, Store } from "../../shared/ports/ports.ts";
import { answerCache } from "../../shared/state/answerCache.ts";
import { controlCollections } from "../../shared/state/collections.ts";
import { directory } from "../../shared/state/directory.ts";
import { guardrailShelf } from "../../shared/state/guardrailShelf.ts";
import { keyFinder } from "../../shared/state/keys.ts";
import { genaiPrices, priceList } from "../../shared/state/prices.ts";
import { providerSecrets } from "../../shared/state/providerSecrets.ts";
import type { Services, Settings } from "../gateway/services.ts";
import { localUpstream } from "./upstream.ts";

/** The embedded adapters, opened in a data folder. */
export interface LocalHouse {
  readonly services: Services;
  readonly control: Store;
  readonly secrets: Secrets;
  readonly clock: Clock;
  /** Everything written is on disk when it resolves. */
  close(): Promise<void>;
}

const MEMORY = { keyTtlSeconds: 10, staleKeySeconds: 60 };
/** Files answer in microseconds; what takes longer hangs. */
const FILE_DEADLINE = { firstMs: 5_000, ms: 2_000 };

export function openHouse(folder: DataFolder, settings: Settings, environment: NodeJS.ProcessEnv, clock: Clock = systemClock): LocalHouse {
  const [control, live] = [sqliteStore(folder.database, "control", clock), sqliteStore(folder.database, "live", clock)];
  const secrets = secretsWithDeadline(fileSecrets(join(folder.path, "secrets.json"), environment), FILE_DEADLINE);
  const lines: JsonLines = jsonLines(join(folder.path, "logs"));
  const report: Services["report"] = (problem, cause) =>
    console.error(`gatehouse: ${problem}${cause instanceof Error ? ` (${cause.name}: ${cause.message})` : ""}`);
  const upstream = localUpstream(clock, settings.timeouts.connectMs, report);
  const services: Services = {
    clock,
    upstream,
    ledger: sqliteLedger(folder.database, clock),
    log: logSinkWithDeadline(lines, FILE_DEADLINE),
    keys: keyFinder(controlCollections(control), clock, MEMORY),
    directory: directory(controlCollections(control), clock, MEMORY),
    guardrails: guardrailShelf(control, clock, MEMORY),
    secrets: providerSecrets(secrets, clock),
    cache: answerCache(live, clock),
    prices: priceList(genaiPrices),
    settings,
    report,
  };
  return {
    services,
    control,
    secrets,
    clock,
    async close() {
      upstream.close();
      await lines.close();
      folder.close();
    },
  };
}
