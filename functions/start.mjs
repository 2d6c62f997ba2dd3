// Plain JavaScript, so that a Node that is too old can still say so.
import { enableCompileCache } from "node:module";

const [major] = process.versions.node.split(".").map(Number);
if (major < 24) {
  console.error(
    `gatehouse needs Node 24 or newer, and this is ${process.version}: on Linux "npm ci" brings it along, elsewhere install it first`,
  );
  process.exit(1);
}
enableCompileCache?.();
await import("./local.ts");
