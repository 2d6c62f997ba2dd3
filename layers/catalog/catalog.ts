import { readFile } from "node:fs/promises";
import type { Provider } from "@pydantic/genai-prices";
import * as z from "zod";
import { genaiPrices, type PriceBook } from "../../shared/state/prices.ts";

/** Where Lambda puts the files of a layer. */
const LAYER_FILE = "/opt/catalog.json";

/** Models and prices as they stand in the file. What the rows look like inside is checked by the package that reads them. */
export const catalogSchema = z.object({
  version: z.string(),
  providers: z.array(z.custom<Provider>((row) => typeof row === "object" && row !== null)).min(1),
});
export type Catalog = z.infer<typeof catalogSchema>;

/**
 * The prices of the layer, or of the bundle where there is no layer. They take the place of the bundle's rows for the whole
 * process, since the package that finds models keeps one list. Rejects when the file is there and is no catalog.
 */
export async function layeredPrices(path = LAYER_FILE): Promise<PriceBook> {
  const text = await readFile(path, "utf8").catch(unlessMissing);
  if (text === undefined) return genaiPrices();
  const { version, providers } = catalogSchema.parse(JSON.parse(text));
  const { updatePrices } = await import("@pydantic/genai-prices");
  updatePrices(({ setProviderData }) => setProviderData(providers));
  return { ...(await genaiPrices()), version };
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
  throw error;
}
