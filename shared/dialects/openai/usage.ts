import { isJsonObject, type Json, type JsonObject } from "../../contracts/json.ts";
import type { Usage } from "../../contracts/usage.ts";

/**
 * OpenAI counts cached and audio tokens inside `prompt_tokens`, and reasoning and audio inside `completion_tokens`:
 * they are taken out, so that the buckets are disjoint. xAI counts reasoning outside; its total tells.
 */
export function decodeUsage(usage: Json | undefined): Usage | undefined {
  if (!isJsonObject(usage)) return undefined;
  const prompt = count(usage, "prompt_tokens");
  const completion = count(usage, "completion_tokens");
  if (prompt + completion === 0 && count(usage, "total_tokens") === 0) return undefined;
  const [promptDetails, completionDetails] = [object(usage.prompt_tokens_details), object(usage.completion_tokens_details)];
  const cachedInput = count(promptDetails, "cached_tokens") || count(usage, "prompt_cache_hit_tokens");
  const cacheWrite = count(promptDetails, "cache_write_tokens");
  const inputAudio = count(promptDetails, "audio_tokens");
  const reasoning = count(completionDetails, "reasoning_tokens");
  const outputAudio = count(completionDetails, "audio_tokens");
  const isOutside = reasoning > 0 && count(usage, "total_tokens") === prompt + completion + reasoning;
  return {
    input: rest(prompt || totalOnly(usage, completion), cachedInput, cacheWrite, inputAudio),
    cachedInput,
    cacheWrite,
    inputAudio,
    output: isOutside ? rest(completion, outputAudio) : rest(completion, reasoning, outputAudio),
    reasoning,
    outputAudio,
  };
}

/** Some embedding hosts report a total and nothing else. */
const totalOnly = (usage: JsonObject, completion: number): number => Math.max(0, count(usage, "total_tokens") - completion);

const object = (value: Json | undefined): JsonObject => (isJsonObject(value) ? value : {});

function count(object: JsonObject, name: string): number {
  const value = object[name];
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : 0;
}

/** A provider whose details exceed its total is not allowed to make a bucket negative. */
const rest = (total: number, ...parts: readonly number[]): number => Math.max(0, total - parts.reduce((sum, part) => sum + part, 0));
