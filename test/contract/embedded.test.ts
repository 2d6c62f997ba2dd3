import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { Json } from "../../shared/contracts/json.ts";
import { openDataFolder } from "../../shared/ports/embedded/dataFolder.ts";
import { fileSecrets } from "../../shared/ports/embedded/fileSecrets.ts";
import { jsonLines } from "../../shared/ports/embedded/jsonLines.ts";
import { sqliteLedger } from "../../shared/ports/embedded/sqliteLedger.ts";
import { sqliteStore } from "../../shared/ports/embedded/sqliteStore.ts";
import { describeLedger } from "./ledgerContract.ts";
import { describeLogSink } from "./logSinkContract.ts";
import type { Opened } from "./opened.ts";
import { describeSecrets } from "./secretsContract.ts";
import { describeStore } from "./storeContract.ts";
import { temporaryFolder } from "./temporaryFolder.ts";

describeStore("SQLite (control)", (clock) => inDatabase((database) => sqliteStore(database, "control", clock)));
describeStore("SQLite (live)", (clock) => inDatabase((database) => sqliteStore(database, "live", clock)));
describeLedger("SQLite", (clock) => inDatabase((database) => sqliteLedger(database, clock)));

describeSecrets("a file", async () => {
  const { path, remove } = await temporaryFolder();
  return { port: fileSecrets(join(path, "secrets.json"), {}), close: remove };
});

describeLogSink("JSON lines", async () => {
  const { path, remove } = await temporaryFolder();
  const port = jsonLines(path);
  return {
    port,
    recordsOf: (stream, partition) => linesOf(join(path, stream, partition, `${stream}.jsonl`)),
    close: () => port.close().then(remove),
  };
});

async function inDatabase<Port>(portOn: (database: DatabaseSync) => Port): Promise<Opened<Port>> {
  const { path, remove } = await temporaryFolder();
  const folder = openDataFolder(path);
  return {
    port: portOn(folder.database),
    close: () => {
      folder.close();
      return remove();
    },
  };
}

async function linesOf(path: string): Promise<Json[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text
    .split("\n")
    .slice(0, -1)
    .map((line): Json => JSON.parse(line));
}
