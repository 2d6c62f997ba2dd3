import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");

interface Cruise {
  readonly modules: number;
  readonly broken: readonly string[];
}

/** The rules over a copy of the house, since a violation planted in the house itself would be seen by other tests. */
let copy: string;
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "gatehouse-rules-"));
  for (const part of ["shared", "functions", "infra", "layers", "package.json", "tsconfig.json", ".dependency-cruiser.cjs"])
    cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
});
afterAll(() => rmSync(copy, { recursive: true }));

function cruise(): Cruise {
  const program = join(root, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
  const { stdout } = spawnSync(
    process.execPath,
    [program, "--config", ".dependency-cruiser.cjs", "--output-type", "json", "shared", "functions", "infra", "layers"],
    {
      cwd: copy,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  const { summary } = JSON.parse(stdout) as { summary: { totalCruised: number; violations: { rule: { name: string } }[] } };
  return { modules: summary.totalCruised, broken: [...new Set(summary.violations.map(({ rule }) => rule.name))].sort() };
}

function plant(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    writeFileSync(join(copy, path), text);
  }
}

test("the house keeps its rules, and all of it was looked at", () => {
  const { modules, broken } = cruise();
  expect(broken).toEqual([]);
  expect(modules).toBeGreaterThan(100);
});

test("each rule finds what it forbids", () => {
  plant({
    "shared/wire/looksUp.ts": 'import "../routing/walk.ts";',
    "shared/state/knowsAFunction.ts": 'import "../../functions/gateway/serve.ts";',
    "shared/state/usesUtils.ts": 'import "./utils.ts";',
    "shared/state/utils.ts": "export const one = 1;",
    "shared/state/cycleOne.ts": 'import "./cycleTwo.ts";\nexport const one = 1;',
    "shared/state/cycleTwo.ts": 'import "./cycleOne.ts";\nexport const two = 2;',
    "shared/state/usesADevelopmentPackage.ts": 'import "fast-check";',
    "shared/state/usesWhatIsNotThere.ts": 'import "./nowhere.ts";',
    "shared/dialects/other/usesASibling.ts": 'import "../openai/answer.ts";',
    "shared/guardrails/checks/usesASibling.ts": 'import "./contains.ts";',
    "shared/routing/strategies/usesASibling.ts": 'import "./single.ts";',
    "functions/admin/knowsTheGateway.ts": 'import "../gateway/serve.ts";',
    "functions/gateway/stages/choosesAnAdapter.ts": 'import "../../../shared/ports/embedded/systemClock.ts";',
    "functions/bringsInfrastructure.ts": 'import "../infra/knowsTooMuch.ts";',
    "infra/knowsTooMuch.ts": 'import "../shared/state/keys.ts";',
  });
  expect(cruise().broken).toEqual([
    "adapters-are-chosen-in-mains",
    "checks-import-no-sibling",
    "dialects-import-no-sibling",
    "functions-are-strangers",
    "infra-imports-only-contracts",
    "layer-wire-looks-down",
    "no-cycles",
    "no-utils",
    "nothing-unresolved",
    "product-needs-no-development-package",
    "shared-knows-no-function",
    "strategies-import-no-sibling",
  ]);
});
