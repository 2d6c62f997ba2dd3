import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { waitForUpdate } from "@pydantic/genai-prices";
import type { Catalog } from "./catalog.ts";

/** Writes the layer's folder: `node layers/catalog/build.ts [folder]`. */
const folder = process.argv[2] ?? join(import.meta.dirname, "../../dist/catalog");
const manifest = new URL("../package.json", import.meta.resolve("@pydantic/genai-prices"));
const { version } = JSON.parse(readFileSync(fileURLToPath(manifest), "utf8")) as { version: string };
const providers = await waitForUpdate();
if (!providers) throw new Error("the package of prices has no data");

const catalog: Catalog = { version: `genai-prices@${version}`, providers };
const text = JSON.stringify(catalog);
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "catalog.json"), text);
const models = providers.reduce((sum, provider) => sum + provider.models.length, 0);
console.log(`${catalog.version}: ${models} models of ${providers.length} providers, ${Math.round(text.length / 1024)} KB`);
