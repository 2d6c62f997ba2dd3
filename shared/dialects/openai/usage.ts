import { isJsonObject, type Json, type JsonObject } from "../../contracts/json.ts";
import type { Usage } from "../../contracts/usage.ts";

/**
 * OpenAI counts cached and audio tokens inside `prompt_tokens`, and reasoning and audio inside `completion_tokens`:
 * they are taken out, so that the buckets are disjoint. The sum is what the provider counted, also where its details exceed it
 * (Grok on Azure states more cached tokens than prompt tokens).
 */
export function decodeUsage(usage: Json | undefined): Usage | undefined {
  if (!isJsonObject(usage)) return undefined;
  const completion = count(usage, "completion_tokens");
  const total = count(usage, "total_tokens");
  const prompt = count(usage, "prompt_tokens") || Math.max(0, total - completion); // some embedding hosts state a total and nothing else
  if (prompt + completion === 0) return undefined;
  const [promptDetails, completionDetails] = [object(usage.prompt_tokens_details), object(usage.completion_tokens_details)];
  // xAI counts reasoning outside of `completion_tokens`, and so does Google, whose total alone tells.
  const outside = Math.max(0, total - prompt - completion);

  const [input, output] = [share(prompt), share(completion)];
  return {
    cachedInput: input.take(cachedTokens(usage, promptDetails)),
    cacheWrite: input.take(count(promptDetails, "cache_write_tokens")),
    inputAudio: input.take(count(promptDetails, "audio_tokens")),
    input: input.rest(),
    reasoning: outside || output.take(count(completionDetails, "reasoning_tokens")),
    outputAudio: output.take(count(completionDetails, "audio_tokens")),
    output: output.rest(),
  };
}

/** As spelled by OpenAI and most; DeepSeek; Mistral; Moonshot and Together. */
const cachedTokens = (usage: JsonObject, details: JsonObject): number =>
  count(details, "cached_tokens") ||
  count(usage, "prompt_cache_hit_tokens") ||
  count(usage, "num_cached_tokens") ||
  count(usage, "cached_tokens");

/** A total from which parts are taken, never more than there is. */
function share(total: number) {
  let left = total;
  return {
    take(wanted: number): number {
      const taken = Math.min(wanted, left);
      left -= taken;
      return taken;
    },
    rest: (): number => left,
  };
}

const object = (value: Json | undefined): JsonObject => (isJsonObject(value) ? value : {});

function count(object: JsonObject, name: string): number {
  const value = object[name];
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : 0;
}
