import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "vitest";

interface TemporaryFolder {
  readonly path: string;
  remove(): Promise<void>;
}

export async function temporaryFolder(): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), "gatehouse-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** A `test` that is given the path of an empty folder, which is gone afterwards. */
export const testInFolder = test.extend("folder", async ({ task: _ }, { onCleanup }) => {
  const { path, remove } = await temporaryFolder();
  onCleanup(remove);
  return path;
});

export const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);
