/** Disjoint: each token of a call is in exactly one bucket, so that the sum is what the provider counted. */
export const TOKEN_BUCKETS = ["input", "cachedInput", "cacheWrite", "inputAudio", "output", "reasoning", "outputAudio"] as const;
export type TokenBucket = (typeof TOKEN_BUCKETS)[number];
export type Usage = Readonly<Record<TokenBucket, number>>;

export const NO_USAGE: Usage = { input: 0, cachedInput: 0, cacheWrite: 0, inputAudio: 0, output: 0, reasoning: 0, outputAudio: 0 };

export const addUsage = (left: Usage, right: Usage): Usage => ({
  input: left.input + right.input,
  cachedInput: left.cachedInput + right.cachedInput,
  cacheWrite: left.cacheWrite + right.cacheWrite,
  inputAudio: left.inputAudio + right.inputAudio,
  output: left.output + right.output,
  reasoning: left.reasoning + right.reasoning,
  outputAudio: left.outputAudio + right.outputAudio,
});

export const inputTokens = (usage: Usage): number => usage.input + usage.cachedInput + usage.cacheWrite + usage.inputAudio;
export const outputTokens = (usage: Usage): number => usage.output + usage.reasoning + usage.outputAudio;
