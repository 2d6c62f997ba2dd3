import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { layeredPrices } from "../../layers/catalog/catalog.ts";
import { genaiPrices } from "../../shared/state/prices.ts";
import { temporaryFolder } from "./synthesised.ts";

function builtCatalog(): string {
  const folder = temporaryFolder("catalog");
  const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, "../../layers/catalog/build.ts"), folder], {
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return join(folder, "catalog.json");
}

test("the layer has every price of the package, found in the same way", async () => {
  const path = builtCatalog();
  const { version, providers } = JSON.parse(readFileSync(path, "utf8")) as {
    version: string;
    providers: { id: string; models: { id: string }[] }[];
  };
  const bundled = await genaiPrices();
  const at = Date.UTC(2026, 0, 1);
  const models = providers.flatMap(({ id, models }) => models.map((model) => [id, model.id] as const));
  const before = models.map(([provider, model]) => JSON.stringify(bundled.find(provider, model, at)));
  const layered = await layeredPrices(path);
  expect(layered.version).toBe(version);
  expect(version).toBe(bundled.version);
  expect(models.length).toBeGreaterThan(1000);
  expect(models.map(([provider, model]) => JSON.stringify(layered.find(provider, model, at)))).toEqual(before);
});

test("newer data in the layer takes the place of the bundle's", async () => {
  const path = builtCatalog();
  const catalog = JSON.parse(readFileSync(path, "utf8"));
  const openai = catalog.providers.find(({ id }: { id: string }) => id === "openai");
  openai.models = [{ id: "gpt-next", match: { equals: "gpt-next" }, prices: { input_mtok: 7, output_mtok: 9 } }];
  writeFileSync(path, JSON.stringify({ ...catalog, version: "own@2" }));
  const prices = await layeredPrices(path);
  expect(prices.version).toBe("own@2");
  expect(prices.find("openai", "gpt-next", 0)).toMatchObject({ input_mtok: 7, output_mtok: 9 });
  expect(prices.find("openai", "gpt-4o", 0)).toBeUndefined();
});

test("without a layer the bundle's prices hold; a layer that is no catalog is an error", async () => {
  const folder = temporaryFolder("catalog");
  expect((await layeredPrices(join(folder, "missing.json"))).version).toMatch(/^genai-prices@/);
  writeFileSync(join(folder, "catalog.json"), '{"version":"1"}');
  await expect(layeredPrices(join(folder, "catalog.json"))).rejects.toThrow();
});
