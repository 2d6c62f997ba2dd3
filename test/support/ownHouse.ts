import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_TIMEOUTS } from "../../functions/gateway/services.ts";
import { openHouse } from "../../functions/local/services.ts";
import { gatehouseFileSchema } from "../../shared/config/gatehouseFile.ts";
import { openDataFolder } from "../../shared/ports/embedded/dataFolder.ts";
import { applyFile } from "../../shared/state/applyFile.ts";
import { TEST_KEY, type TestGateway, testGateway } from "./gateway.ts";
import { type ManualClock, manualClock } from "./manualClock.ts";
import type { Script } from "./scriptedUpstream.ts";

/** A gateway whose state is the test's own: its time, its data folder, and the tables in it. */
export interface OwnGateway extends TestGateway {
  readonly clock: ManualClock;
  /** Takes the table away, so that whoever asks it gets an error; `mend` puts it back as it was. */
  breakTable(name: "control" | "live" | "counters"): void;
  mendTable(name: "control" | "live" | "counters"): void;
}
interface OwnGatewayOptions {
  /** Absent: a folder that is removed at the end. */
  readonly folder?: string;
  readonly clock?: ManualClock;
  readonly file?: object;
  readonly key?: object;
  readonly upstream?: Script;
}

const SETTINGS = { version: "test", region: "test", log: "full", maxRequestBytes: 1_000_000, timeouts: DEFAULT_TIMEOUTS } as const;

/** Everything that remembers or counts comes from a house of its own; the edge, the provider and the log are the test gateway's. */
export async function ownGateway({
  folder,
  clock = manualClock(Date.now()),
  file = {},
  key = {},
  upstream,
}: OwnGatewayOptions = {}): Promise<OwnGateway> {
  const path = folder ?? temporaryFolder();
  const data = openDataFolder(path);
  const house = openHouse(data, SETTINGS, { TEST_SECRET: "sk-the-secret-of-the-provider" }, clock);
  const gateway = await testGateway({
    ...(upstream && { upstream }),
    // What is reported of a table that a test took away would only hide the lines that matter.
    services: ({ upstream: http, log }) => ({ ...house.services, upstream: http, log, report: () => {} }),
  });
  const defaults = {
    providers: { main: { provider: "openai", secret: "env:TEST_SECRET", base_url: gateway.upstream.url } },
    keys: { test: { secret: TEST_KEY, ...key } },
  };
  const apply = (given: object) => applyFile(gatehouseFileSchema.parse({ ...defaults, ...given }), house.control, house.secrets);
  await apply(file);
  return {
    ...gateway,
    clock,
    apply,
    breakTable: (name) => data.database.exec(`ALTER TABLE "${name}" RENAME TO "${name}_away"`),
    mendTable: (name) => data.database.exec(`ALTER TABLE "${name}_away" RENAME TO "${name}"`),
    async close() {
      await gateway.close();
      await house.close();
      if (folder === undefined) rmSync(path, { recursive: true });
    },
  };
}

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), "gatehouse-own-"));
