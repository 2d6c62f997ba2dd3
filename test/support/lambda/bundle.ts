import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { buildGateway } from "../../../scripts/buildGateway.ts";

/** Builds the gateway function once for a test file; gives the folder. */
export function builtBundle(): { readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-bundle-"));
  beforeAll(() => buildGateway(folder));
  afterAll(() => rmSync(folder, { recursive: true }));
  return { folder };
}
