import { isJsonObject, type Json, type JsonObject } from "../../shared/contracts/json.ts";
import type { CallRecord } from "../../shared/contracts/record.ts";
import type { Exchange, Facts, StatedUsage } from "../support/exchanges.ts";

// A second reading of what a provider said, apart from that of the product: what both come to is right.

/** What was said in the first choice. */
export interface Said {
  readonly text: string;
  readonly reasoning: string;
  readonly toolCalls: readonly { readonly id: string; readonly name: string; readonly arguments: unknown }[];
}

export function saidByFacts({ text, reasoningText, toolCalls = [], functionCall }: Facts): Said {
  const made = functionCall?.name ? [{ id: "", ...functionCall }] : [];
  return {
    text: text ?? "",
    reasoning: reasoningText ?? "",
    toolCalls: [...toolCalls, ...made].map((call) => ({
      id: call.id ?? "",
      name: call.name,
      arguments: parsed(call.arguments ?? ("input" in call ? call.input : undefined)),
    })),
  };
}

/** The same of a whole answer in OpenAI's shape, as the log keeps it. */
export function saidInAnswer(answer: unknown): Said {
  const { message = {} } = (answer as { choices: { message?: JsonObject }[] }).choices[0] ?? {};
  const parts = listed(message.content);
  const thoughts = parts.flatMap(({ thinking }) => listed(thinking));
  const calls = listed(message.tool_calls);
  const legacy = isJsonObject(message.function_call) && message.function_call.name ? [{ function: message.function_call }] : [];
  return {
    text: typeof message.content === "string" ? message.content : textOf(parts),
    reasoning: String(message.reasoning_content ?? message.reasoning ?? textOf(thoughts)),
    toolCalls: [...calls, ...legacy].map((call: JsonObject) => {
      const made = (call.function ?? call.custom) as JsonObject;
      return { id: String(call.id ?? ""), name: String(made.name), arguments: parsed(made.arguments ?? made.input) };
    }),
  };
}

const listed = (value: Json | undefined): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : []);
const textOf = (parts: readonly JsonObject[]): string => parts.map(({ text = "" }) => text).join("");

/** Arguments are compared as what they mean; none at all and an empty object mean the same. */
function parsed(given: unknown): unknown {
  if (given === undefined || given === null || given === "") return {};
  if (typeof given !== "string") return given;
  try {
    return JSON.parse(given);
  } catch {
    return given;
  }
}

export const statedUsage = ({ facts, response }: Exchange): StatedUsage | undefined =>
  facts?.usage ?? (response.body as { usage?: StatedUsage } | null)?.usage ?? undefined;

/** Each token once: the details are taken out of the totals, as far as these reach. */
export function bucketsOf(usage: StatedUsage): CallRecord["tokens"] {
  const { prompt_tokens: prompt = 0, completion_tokens: completion = 0, total_tokens: total = 0 } = usage;
  const [inputDetails, outputDetails] = [usage.prompt_tokens_details ?? {}, usage.completion_tokens_details ?? {}];
  const cached = inputDetails.cached_tokens || usage.prompt_cache_hit_tokens || usage.num_cached_tokens || usage.cached_tokens || 0;
  const [cachedInput, written, heard] = [Math.min(cached, prompt), inputDetails.cache_write_tokens ?? 0, inputDetails.audio_tokens ?? 0];
  const spoken = outputDetails.audio_tokens ?? 0;
  // Where the total is more than its two parts, the rest was thought and nothing of it is among the completion tokens.
  const thoughtBeside = total - prompt - completion;
  const thoughtWithin = thoughtBeside > 0 ? 0 : Math.min(outputDetails.reasoning_tokens ?? 0, completion);
  return {
    input: prompt - cachedInput - written - heard,
    cached_input: cachedInput,
    cache_write: written,
    input_audio: heard,
    output: completion - thoughtWithin - spoken,
    reasoning: thoughtWithin + Math.max(0, thoughtBeside),
    output_audio: spoken,
  };
}
