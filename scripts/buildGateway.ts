import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { build } from "esbuild";

const ROOT = join(import.meta.dirname, "..");

/** What is deployed: Lambda loads `lambda.mjs` of it, and its export `handler`. */
export const GATEWAY_FOLDER = join(ROOT, "dist/gateway");

/** Beside it, since maps of several times its size would only make it slower to load. */
export const MAPS_FOLDER = join(ROOT, "dist/maps/gateway");

/** Packages that are CommonJS inside an ES module look for `require`. */
const REQUIRE = 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);';

/**
 * Bundles the gateway function into a folder: what every call needs is in the entry and its static chunks, the rest in
 * chunks that are loaded on first use.
 */
export async function buildGateway(folder: string, mapsFolder?: string): Promise<void> {
  for (const old of [folder, mapsFolder]) if (old) await rm(old, { recursive: true, force: true });
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: { lambda: "functions/gateway/lambda.ts" },
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    mainFields: ["module", "main"],
    minify: true,
    keepNames: true, // what is logged of an error begins with the name of its class
    sourcemap: mapsFolder ? "external" : false,
    banner: { js: REQUIRE },
    legalComments: "none",
    logLevel: "warning",
    write: false,
  });
  for (const { path, contents } of outputFiles) {
    const target = mapsFolder && path.endsWith(".map") ? join(mapsFolder, relative(folder, path)) : path;
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, contents);
  }
}
