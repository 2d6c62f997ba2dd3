import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import { DataFolderError, openDataFolder } from "../../shared/ports/embedded/dataFolder.ts";
import { sqliteLedger } from "../../shared/ports/embedded/sqliteLedger.ts";
import { sqliteStore } from "../../shared/ports/embedded/sqliteStore.ts";
import { manualClock } from "../support/manualClock.ts";
import { counterOf, holdOf, SLOT_MS } from "./ledgerModel.ts";
import { modeOf, testInFolder as test } from "./temporaryFolder.ts";

test("the data folder is made for its owner alone", async ({ folder }) => {
  const path = join(folder, "deep", "data");
  const opened = openDataFolder(path);
  sqliteStore(opened.database, "live", manualClock());
  for (const file of await readdir(path)) expect([file, await modeOf(join(path, file))]).toEqual([file, "600"]);
  expect(await modeOf(path)).toBe("700");
  opened.close();
});

test("the data folder keeps items, totals and holds when it is opened again", async ({ folder }) => {
  const clock = manualClock();
  const first = openDataFolder(folder);
  await sqliteStore(first.database, "control", clock).put({ collection: "keys", id: "a" }, { name: "checkout" });
  await sqliteLedger(first.database, clock).reserve([holdOf("spend", 5n, 9n), holdOf("occupy", 1n, 1n)], clock.now());
  first.close();

  const second = openDataFolder(folder);
  const ledger = sqliteLedger(second.database, clock);
  expect(await sqliteStore(second.database, "control", clock).get({ collection: "keys", id: "a" })).toMatchObject({
    value: { name: "checkout" },
  });
  expect(await ledger.usage([counterOf("spend"), counterOf("occupy")])).toEqual([5n, 1n]);
  clock.advance(SLOT_MS);
  expect(await ledger.usage([counterOf("spend"), counterOf("occupy")])).toEqual([5n, 0n]);
  second.close();
});

test("the data folder has one owner in a process, until that one closes it", async ({ folder }) => {
  const owner = openDataFolder(folder);
  expect(() => openDataFolder(folder)).toThrow(DataFolderError);
  expect(() => openDataFolder(folder)).toThrow(
    `the data folder ${folder} is already in use by another gatehouse; stop it or choose another with --data`,
  );
  owner.close();
  openDataFolder(folder).close();
});

test("the data folder refuses a second process at once, also after a failed attempt from inside", async ({ folder }) => {
  const owner = openDataFolder(folder);
  expect(() => openDataFolder(folder)).toThrow(DataFolderError);
  await expect(promisify(execFile)(process.execPath, opening(folder))).rejects.toThrow("is already in use by another gatehouse");
  owner.close();
});

test("the data folder is free again, with all it held, when its owner was killed", async ({ folder }) => {
  const owner = spawn(
    process.execPath,
    opening(folder, "opened.database.exec('CREATE TABLE kept (a)'); console.log('open'); setInterval(() => {}, 1000);"),
  );
  await once(owner.stdout, "data");
  expect(() => openDataFolder(folder)).toThrow("already in use");
  owner.kill("SIGKILL");
  await once(owner, "exit");
  const opened = openDataFolder(folder);
  expect(opened.database.prepare("SELECT count(*) AS rows FROM kept").get()).toEqual({ rows: 0 });
  opened.close();
});

test("the data folder says in one line why it cannot be written", async ({ folder }) => {
  await writeFile(join(folder, "file"), "");
  for (const path of [join(folder, "file"), join(folder, "file", "data")])
    expect(() => openDataFolder(path)).toThrow(new RegExp(`^cannot write to the data folder ${path}: there is a file in its p.*--data$`));
});

test("the data folder does not take another file for its database", async ({ folder }) => {
  await writeFile(join(folder, "gatehouse.db"), "this is something else entirely".repeat(100));
  expect(() => openDataFolder(folder)).toThrow("file is not a database");
});

test("the ledger does not let the write-ahead log grow with the calls", async ({ folder }) => {
  const opened = openDataFolder(folder);
  const ledger = sqliteLedger(opened.database, manualClock());
  for (let call = 0; call < 10_000; call += 1) await ledger.reserve([holdOf("count", 1n, 100_000n)], 0);
  expect((await stat(join(folder, "gatehouse.db-wal"))).size).toBeLessThan(5_000_000);
  opened.close();
});

/** The arguments with which node opens the folder in a process of its own and then runs `then`. */
function opening(folder: string, then = ""): string[] {
  const module = new URL("../../shared/ports/embedded/dataFolder.ts", import.meta.url);
  const script = `import { openDataFolder } from ${JSON.stringify(module)}; const opened = openDataFolder(${JSON.stringify(folder)}); ${then}`;
  return ["--input-type=module", "-e", script];
}
