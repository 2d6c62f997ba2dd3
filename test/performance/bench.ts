// Runs the side-by-side bench, where its folder lies beside this repository: `npm run bench -- --rounds=3`.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
const source = resolve(root, "../shared/bench");
const work = join(root, ".bench");
const DESCRIPTORS = [
  "peers/direct.json",
  "peers/bare/dispatch.json",
  "peers/portkey/peer.json",
  join(import.meta.dirname, "gatehouse.json"),
];

if (!existsSync(source)) {
  console.log("there is no bench beside this repository: nothing was measured");
  process.exit(0);
}
// The bench installs its peers into its own folder, which is not ours to write to.
if (!existsSync(join(work, "node_modules"))) {
  cpSync(source, work, { recursive: true });
  run("npm", ["run", "setup"]);
}
run(process.execPath, ["src/bench.js", `--gateways=${DESCRIPTORS.join(",")}`, ...process.argv.slice(2)]);

function run(program: string, args: readonly string[]): void {
  const { status } = spawnSync(program, args, { cwd: work, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
