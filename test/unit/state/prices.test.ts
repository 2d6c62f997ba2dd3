import { readFileSync } from "node:fs";
import { calcPrice, type ModelPrice, waitForUpdate } from "@pydantic/genai-prices";
import { describe, expect, test } from "vitest";
import { inputTokens, NO_USAGE, outputTokens, type Usage } from "../../../shared/contracts/usage.ts";
import { genaiPrices, type PriceBook, type PricedAttempt, priceList } from "../../../shared/state/prices.ts";

const NOON = Date.UTC(2026, 10, 1, 12);
const bundled = priceList(genaiPrices);

const bundledCost = (provider: string, model: string, usage: Partial<Usage>, at = NOON) =>
  bundled.cost({ provider, model, usage: { ...NO_USAGE, ...usage }, at });

/** What a usage costs when the price list has this one row. */
async function costUnder(row: ModelPrice, usage: Partial<Usage>) {
  const prices = priceList(async () => ({ version: "test", find: () => row }));
  const cost = await prices.cost({ provider: "openai", model: "any", usage: { ...NO_USAGE, ...usage }, at: NOON });
  return cost.status === "priced" ? cost.nanoDollars : cost.reason;
}

describe("a row", () => {
  test("prices every bucket by its own price", async () => {
    const row = {
      input_mtok: 1,
      cache_read_mtok: 2,
      cache_write_mtok: 4,
      input_audio_mtok: 8,
      output_mtok: 16,
      output_reasoning_mtok: 32,
      output_audio_mtok: 64,
    };
    const usage = { input: 1, cachedInput: 1, cacheWrite: 1, inputAudio: 1, output: 1, reasoning: 1, outputAudio: 1 };
    expect(await costUnder(row, usage)).toBe(127_000n);
  });

  test("prices special tokens as ordinary ones where it has no price for them", async () => {
    const row = { input_mtok: 1, output_mtok: 10 };
    const usage = { input: 1, cachedInput: 1, cacheWrite: 1, inputAudio: 1, output: 1, reasoning: 1, outputAudio: 1 };
    expect(await costUnder(row, usage)).toBe(34_000n);
  });

  test("takes a price of zero for what it is", async () => {
    expect(await costUnder({ input_mtok: 1, cache_read_mtok: 0 }, { cachedInput: 1_000_000 })).toBe(0n);
  });

  test("with tiers prices every token by the tier that all input tokens together have passed", async () => {
    const tiers = (base: number) => ({
      base,
      tiers: [
        { start: 200, price: base * 3 },
        { start: 100, price: base * 2 },
      ],
    });
    const row = { input_mtok: tiers(1), cache_read_mtok: tiers(0.5), output_mtok: tiers(10) };
    expect(await costUnder(row, { input: 60, cachedInput: 40, output: 1 })).toBe(90_000n);
    expect(await costUnder(row, { input: 60, cachedInput: 41, output: 1 })).toBe(181_000n);
    expect(await costUnder(row, { input: 201 })).toBe(603_000n);
  });

  test("rounds once, after all buckets are added up", async () => {
    const row = { input_mtok: 0.0004, output_mtok: 0.0003 };
    expect(await costUnder(row, { input: 1, output: 1 })).toBe(1n);
    expect(await costUnder(row, { input: 1 })).toBe(0n);
  });

  test("adds the fee of a request, unless the request came to no token", async () => {
    const row = { input_mtok: 1, output_mtok: 1, requests_kcount: 12 };
    expect(await costUnder(row, { input: 1 })).toBe(12_001_000n);
    expect(await costUnder(row, {})).toBe(0n);
  });

  test.each<[string, ModelPrice, Partial<Usage>, string]>([
    ["no price at all", {}, {}, "the price list has the model without a price"],
    ["another unit", { audio_hours: 0.1 }, {}, "the model is priced by audio_hours, not by tokens"],
    ["no price for a bucket in use", { input_mtok: 1 }, { input: 1, output: 1 }, "the price list has no exact price for output tokens"],
    ["a price finer than a pico-dollar", { input_mtok: 1e-7 }, { input: 1 }, "the price list has no exact price for input tokens"],
    [
      "a fee finer than a pico-dollar",
      { input_mtok: 1, requests_kcount: 1e-10 },
      { input: 1 },
      "the price list has no exact price for a request",
    ],
  ])("with %s leaves the call unpriced, with the reason", async (_, row, usage, reason) => {
    expect(await costUnder(row, usage)).toBe(reason);
  });

  test("may lack a price for what was not used", async () => {
    expect(await costUnder({ input_mtok: 0.02 }, { input: 50 })).toBe(1_000_000n / 1000n);
  });
});

test("loads the price book on first use, and once", async () => {
  let loads = 0;
  const book: PriceBook = { version: "test", find: () => undefined };
  const prices = priceList(async () => {
    loads += 1;
    return book;
  });
  expect(loads).toBe(0);
  const attempt = { provider: "openai", model: "m", usage: NO_USAGE, at: NOON };
  await Promise.all([prices.cost(attempt), prices.cost(attempt)]);
  expect(loads).toBe(1);
});

describe("the bundled prices", () => {
  test("are named by the version that is installed", async () => {
    const installed = JSON.parse(readFileSync("node_modules/@pydantic/genai-prices/package.json", "utf8")) as { version: string };
    expect((await genaiPrices()).version).toBe(`genai-prices@${installed.version}`);
  });

  test("cost exactly what their rows come to by hand", async () => {
    // gpt-4o-mini: 0.15 in, 0.075 cached, 0.60 out. claude-sonnet-4-5 past 200,000 input tokens: 6 in, 22.50 out.
    expect(await bundledCost("openai", "gpt-4o-mini", { input: 1000, cachedInput: 500, output: 200 })).toEqual({
      status: "priced",
      nanoDollars: 307_500n,
      version: "genai-prices@0.1.8",
    });
    expect(await bundledCost("anthropic", "claude-sonnet-4-5", { input: 200_001, output: 10 })).toMatchObject({
      nanoDollars: 1_200_231_000n,
    });
    expect(await bundledCost("perplexity-ai", "sonar-deep-research", { input: 10, output: 10, reasoning: 100 })).toMatchObject({
      nanoDollars: 400_000n,
    });
  });

  test.each([
    ["together-ai", "meta-llama/Llama-3.3-70B-Instruct-Turbo"],
    ["mistral-ai", "mistral-large-latest"],
    ["fireworks-ai", "accounts/fireworks/models/deepseek-v3p2"],
    ["perplexity-ai", "sonar"],
    ["moonshot", "kimi-k2-thinking"],
    ["z-ai", "GLM-5.2"],
    ["novita-ai", "deepseek/deepseek-r1"],
    ["x-ai", "grok-4-0709"],
    ["groq", "llama-3.3-70b-versatile"],
    ["deepseek", "deepseek-chat"],
    ["openrouter", "openai/gpt-4o-mini"],
    ["cerebras", "gpt-oss-120b"],
  ])("know models of %s", async (provider, model) => {
    expect((await bundledCost(provider, model, { input: 10, output: 10 })).status).toBe("priced");
  });

  test.each([
    ["a vendor without prices", "custom", "gpt-4o-mini"],
    ["a vendor whose id only resembles one with prices", "my-openai-proxy", "gpt-4o-mini"],
    ["a model nobody has heard of", "openai", "no-such-model"],
  ])("leave %s unpriced", async (_, provider, model) => {
    expect(await bundledCost(provider, model, { input: 1 })).toEqual({
      status: "unpriced",
      reason: `no price is known for ${provider}/${model}`,
      version: "genai-prices@0.1.8",
    });
  });

  test("agree with the package's own arithmetic for every model, at every tier, date and hour", async () => {
    const models = ((await waitForUpdate()) ?? []).flatMap(({ id: provider, models }) =>
      models.map(({ id: model }) => ({ provider, model })),
    );
    const times = [Date.UTC(2024, 5, 1), Date.UTC(2025, 8, 10, 17), Date.UTC(2026, 1, 1, 3), NOON];
    const attempts = models.flatMap((model) => USAGES.flatMap((usage) => times.map((at) => ({ ...model, usage, at }))));
    const compared = await Promise.all(attempts.map(comparison));
    expect(compared.filter((outcome) => outcome.startsWith("different"))).toEqual([]);
    expect(compared.filter((outcome) => outcome === "same").length).toBeGreaterThan(15_000);
  });
});

async function comparison(attempt: PricedAttempt): Promise<string> {
  const { provider, model, usage, at } = attempt;
  const cost = await bundled.cost(attempt);
  const expected = calcPrice(packageUsage(usage), model, { providerId: provider, timestamp: new Date(at) })?.total_price;
  if (cost.status === "unpriced")
    return cost.reason.startsWith("no price is known") === (expected === undefined) ? "unpriced" : `different: ${provider}/${model}`;
  const difference = Math.abs(Number(cost.nanoDollars) / 1e9 - (expected ?? Number.NaN));
  return difference < 1e-9 + Number(expected) * 1e-12 ? "same" : `different: ${provider}/${model} ${difference}`;
}

const USAGES: readonly Usage[] = [
  { ...NO_USAGE, input: 1234, output: 567 },
  { ...NO_USAGE, input: 150_000, cachedInput: 50_000, cacheWrite: 1, output: 4000, reasoning: 3000 },
  { input: 700_000, cachedInput: 300_000, cacheWrite: 70_000, inputAudio: 5000, output: 9000, reasoning: 8000, outputAudio: 700 },
];

/** The package's buckets overlap: the totals include their parts. */
const packageUsage = (usage: Usage) => ({
  input_tokens: inputTokens(usage),
  cache_read_tokens: usage.cachedInput,
  cache_write_tokens: usage.cacheWrite,
  cache_audio_read_tokens: 0,
  input_audio_tokens: usage.inputAudio,
  output_tokens: outputTokens(usage),
  output_reasoning_tokens: usage.reasoning,
  output_audio_tokens: usage.outputAudio,
});
