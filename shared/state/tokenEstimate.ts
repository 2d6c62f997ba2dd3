import { lazy } from "../contracts/lazy.ts";

const COUNTED_CHARACTERS = 100_000;
/** The tokenizer is quadratic in the length of a word: 100,000 Chinese characters without a space take 15 s whole, 0.3 s in slices. */
const SLICE_CHARACTERS = 512;
const BYTES_PER_TOKEN = 4;

/** 140 ms to load, so only when somebody asks. */
const tokenizer = lazy(() => import("gpt-tokenizer/encoding/o200k_base"));

/**
 * Tokens of OpenAI's current encoding: what a usage is estimated with when a provider reports none. Within 1 % for OpenAI's
 * models (a cut between two slices can cost a token), and above 100,000 characters the count of those, extrapolated.
 */
export async function estimateTokens(text: string): Promise<number> {
  const { countTokens } = await tokenizer();
  const counted = Math.min(text.length, COUNTED_CHARACTERS);
  let tokens = 0;
  for (let start = 0; start < counted; start += SLICE_CHARACTERS) {
    // The text of a special token is only text here; by default it would throw.
    tokens += countTokens(text.slice(start, Math.min(start + SLICE_CHARACTERS, counted)), { disallowedSpecial: new Set() });
  }
  return counted === 0 ? 0 : Math.ceil((tokens * text.length) / counted);
}

/** Without loading anything, for what is set aside before a call: 4 bytes a token, which is right within a factor of two for most text. */
export const estimateTokensRoughly = (text: string): number => Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
