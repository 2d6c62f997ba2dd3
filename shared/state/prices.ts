import type { ModelPrice } from "@pydantic/genai-prices";
import { lazy } from "../contracts/lazy.ts";
import { inputTokens, outputTokens, TOKEN_BUCKETS, type TokenBucket, type Usage } from "../contracts/usage.ts";
import { findProvider } from "../providers/table.ts";
import { nanoDollars, picoPerRequest, picoPerToken } from "./money.ts";

export interface PriceList {
  /** Of one attempt. The vendor's list price, whatever discount the account has. */
  cost(attempt: PricedAttempt): Promise<Cost>;
}

export interface PricedAttempt {
  /** The vendor's id, as in the table of providers. */
  readonly provider: string;
  readonly model: string;
  readonly usage: Usage;
  /** Milliseconds: prices change from a date on, and with some vendors by the hour. */
  readonly at: number;
}

/** A price that is not known is never 0. `version` names the data that was asked. */
export type Cost =
  | { readonly status: "priced"; readonly nanoDollars: bigint; readonly version: string }
  | { readonly status: "unpriced"; readonly reason: string; readonly version: string };

/** One version of the prices as data. */
export interface PriceBook {
  readonly version: string;
  /** USD per million tokens under `*_mtok`, USD per thousand requests under `requests_kcount`. */
  find(provider: string, model: string, at: number): ModelPrice | undefined;
}

/** The book is loaded when the first cost is asked for, and once. */
export function priceList(load: () => Promise<PriceBook>): PriceList {
  const book = lazy(load);
  const picoPerTokenOf = parsedOnce(picoPerToken);
  return {
    async cost({ provider, model, usage, at }) {
      const { version, find } = await book();
      const row = find(findProvider(provider)?.pricedAs ?? provider, model, at);
      const price = row ? priceOf(usage, row, picoPerTokenOf) : `no price is known for ${provider}/${model}`;
      if (typeof price === "string") return { status: "unpriced", reason: price, version };
      return { status: "priced", nanoDollars: nanoDollars(price), version };
    },
  };
}

/** A list has a few hundred different prices. */
function parsedOnce(parse: typeof picoPerToken): typeof picoPerToken {
  const parsed = new Map<number, bigint | undefined>();
  return (price) => {
    if (!parsed.has(price)) parsed.set(price, parse(price));
    return parsed.get(price);
  };
}

/** The first price that a row has for a bucket counts; none is a reason to say so. */
const PRICE_KEYS: Readonly<Record<TokenBucket, readonly string[]>> = {
  input: ["input_mtok"],
  cachedInput: ["cache_read_mtok", "input_mtok"],
  cacheWrite: ["cache_write_mtok", "input_mtok"],
  inputAudio: ["input_audio_mtok", "input_mtok"],
  output: ["output_mtok"],
  reasoning: ["output_reasoning_mtok", "output_mtok"],
  outputAudio: ["output_audio_mtok", "output_mtok"],
};

/** Pico-dollars, or the reason why there is no price. */
function priceOf(usage: Usage, row: ModelPrice, parse: typeof picoPerToken): bigint | string {
  if (row["input_mtok"] === undefined && row["output_mtok"] === undefined) return unitReason(row);
  let total = 0n;
  for (const bucket of TOKEN_BUCKETS) {
    if (usage[bucket] === 0) continue;
    const perToken = tokenPrice(row, bucket, inputTokens(usage), parse);
    if (perToken === undefined) return `the price list has no exact price for ${bucket} tokens`;
    total += perToken * BigInt(usage[bucket]);
  }
  const fee = requestFee(usage, row);
  return fee === undefined ? "the price list has no exact price for a request" : total + fee;
}

/** Rows without token prices: free models, and those billed by hours, pages or pictures, which a usage does not count. */
const unitReason = (row: ModelPrice): string => {
  const units = Object.keys(row);
  return units.length === 0 ? "the price list has the model without a price" : `the model is priced by ${units.join(", ")}, not by tokens`;
};

function tokenPrice(row: ModelPrice, bucket: TokenBucket, inputTotal: number, parse: typeof picoPerToken): bigint | undefined {
  const price = PRICE_KEYS[bucket].map((key) => row[key]).find((listed) => listed !== undefined);
  return price === undefined ? undefined : parse(tierPrice(price, inputTotal));
}

/** The tier that all input tokens together have passed is the price of every token, input or output. */
function tierPrice(price: NonNullable<ModelPrice[string]>, inputTotal: number): number {
  if (typeof price === "number") return price;
  const passed = price.tiers.filter(({ start }) => inputTotal > start).sort((left, right) => left.start - right.start);
  return passed.at(-1)?.price ?? price.base;
}

/** A request that came to no token was refused, and refusals are free. */
function requestFee(usage: Usage, row: ModelPrice): bigint | undefined {
  const fee = row["requests_kcount"];
  if (fee === undefined || inputTokens(usage) + outputTokens(usage) === 0) return 0n;
  return picoPerRequest(tierPrice(fee, inputTokens(usage)));
}

const GENAI_PRICES_VERSION = "genai-prices@0.1.8";
const REMEMBERED_MODELS = 1000;

/**
 * The bundled rows of `@pydantic/genai-prices` (830 KB, so it is imported on use). Its `calcPrice` does the matching of models
 * and dates; the floats it computes are left alone. Providers match by their exact id: its own matching takes any id that
 * contains `openai` for OpenAI.
 */
export async function genaiPrices(): Promise<PriceBook> {
  const { calcPrice, findProvider: findPriced } = await import("@pydantic/genai-prices");
  // Matching takes 10 to 50 µs; model names come from clients, so what is remembered is bounded.
  const timeless = new Map<string, ModelPrice | undefined>();
  return {
    version: GENAI_PRICES_VERSION,
    find(provider, model, at) {
      const name = `${provider}/${model}`;
      if (timeless.has(name)) return timeless.get(name);
      const isKnown = findPriced({ providerId: provider })?.id === provider;
      const match = isKnown ? calcPrice({}, model, { providerId: provider, timestamp: new Date(at) }) : null;
      if (timeless.size >= REMEMBERED_MODELS) timeless.clear();
      if (!Array.isArray(match?.model.prices)) timeless.set(name, match?.model_price);
      return match?.model_price;
    },
  };
}
