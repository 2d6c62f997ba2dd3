// What the bench starts: the gateway as `npm start` runs it, with a file for the bench's two upstreams and a data folder of its own.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { port: { type: "string" }, primary: { type: "string" }, secondary: { type: "string" }, key: { type: "string" } },
});
const data = mkdtempSync(join(tmpdir(), "gatehouse-bench-"));
const file = join(data, "gatehouse.json");
const provider = (upstream) => ({ provider: "openai", secret: "sk-bench", base_url: `${upstream}/v1` });
writeFileSync(
  file,
  JSON.stringify({
    teams: { bench: { cost_center: "4711" } },
    providers: { primary: provider(values.primary), secondary: provider(values.secondary) },
    keys: {
      bench: {
        secret: values.key,
        team: "bench",
        config: "primary",
        limits: [{ type: "requests", value: 1_000_000_000, window: "minute" }],
        metadata: { application: "bench" },
        log: "metadata",
      },
    },
    configs: {
      primary: { provider: "@primary" },
      "primary-then-secondary": { strategy: { mode: "fallback" }, targets: [{ provider: "@primary" }, { provider: "@secondary" }] },
    },
  }),
);
process.argv.splice(2, process.argv.length, "--port", values.port, "--data", data, "--config", file);
await import("../../functions/start.mjs");
