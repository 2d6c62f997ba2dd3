import type { Answer, Choice, ChoiceDelta, Delta, ProviderError, ToolCallDelta } from "../../contracts/answer.ts";
import { NO_DELTA } from "../../contracts/answer.ts";
import { GatewayError } from "../../contracts/error.ts";
import { isJsonObject, type Json, type JsonObject } from "../../contracts/json.ts";
import type { Part } from "../../contracts/part.ts";
import type { Usage } from "../../contracts/usage.ts";
import { readEvent } from "../../wire/serverSentEvents.ts";
import { decodeUsage } from "./usage.ts";

/** A whole answer to a chat, a completion or an embedding; they differ only in what a choice holds. */
export function decodeAnswer(bytes: Uint8Array): Answer {
  const body = parseObject(bytes);
  if (!body) throw new GatewayError("upstream_invalid", "the provider's answer is not a JSON object");
  return answerOf(body);
}

export function answerOf(body: JsonObject): Answer {
  const usage = usageOf(body);
  const error = errorOf(body);
  return {
    ...(typeof body.model === "string" && body.model !== "" && { model: body.model }),
    choices: objects(body.choices).map(choiceOf),
    ...(usage && { usage }),
    ...(error && { error }),
  };
}

/** One event of a stream. What is not understood says nothing, and travels on as it came. */
export function decodeDelta(bytes: Uint8Array): Delta {
  const { event, data } = readEvent(bytes);
  if (data === undefined) return NO_DELTA;
  if (data === "[DONE]") return { choices: [], end: true };
  const chunk = parseObject(data);
  if (!chunk) return event === "error" ? { choices: [], error: { message: data, type: null, code: null } } : NO_DELTA;
  return new ChunkDelta(chunk, errorOf(chunk) ?? (event === "error" ? errorOf({ error: chunk }) : undefined));
}

/** Most chunks are only put together: what they say is worked out when somebody asks. */
class ChunkDelta implements Delta {
  readonly chunk: JsonObject;
  readonly error: ProviderError | undefined;
  #choices: readonly ChoiceDelta[] | undefined;

  constructor(chunk: JsonObject, error: ProviderError | undefined) {
    this.chunk = chunk;
    this.error = error;
  }
  get choices(): readonly ChoiceDelta[] {
    this.#choices ??= objects(this.chunk.choices).map(choiceDeltaOf);
    return this.#choices;
  }
  get usage(): Usage | undefined {
    return usageOf(this.chunk);
  }
}

const usageOf = (body: JsonObject): Usage | undefined => decodeUsage(body.usage) ?? decodeUsage(object(body.x_groq).usage);

/** The error of any of the OpenAI family's bodies: an object, or (xAI, Ollama) a plain string beside a code. */
export function errorOf(body: JsonObject): ProviderError | undefined {
  const { error } = body;
  if (typeof error === "string" && error !== "") return { message: error, type: null, code: codeOf(body) };
  if (!isJsonObject(error)) return undefined;
  const status = statusIn(error);
  const message = text(error.message) ?? "the provider reported an error";
  return { message, type: text(error.type) ?? null, code: codeOf(error), ...(status !== undefined && { status }) };
}

/** Groq says `status_code`; OpenRouter and Google put the status into `code`. */
function statusIn({ status_code: status, code }: JsonObject): number | undefined {
  const named = Number(status ?? code);
  return Number.isInteger(named) && named >= 400 && named <= 599 ? named : undefined;
}

const codeOf = ({ code }: JsonObject): string | null => (typeof code === "number" ? String(code) : (text(code) ?? null));

export function parseObject(input: Uint8Array | string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(
      typeof input === "string" ? input : Buffer.from(input.buffer, input.byteOffset, input.byteLength).toString("utf8"),
    );
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function choiceOf(choice: JsonObject, position: number): Choice {
  return {
    index: typeof choice.index === "number" ? choice.index : position,
    parts: typeof choice.text === "string" ? [{ kind: "text", text: choice.text }] : partsOf(object(choice.message)),
    finishReason: text(choice.finish_reason) || null,
  };
}

function partsOf(message: JsonObject): readonly Part[] {
  const parts: Part[] = [];
  const reasoning = text(message.reasoning_content) ?? text(message.reasoning) ?? thinkingText(message.content);
  if (reasoning) parts.push({ kind: "reasoning", text: reasoning });
  if (typeof message.content === "string") parts.push({ kind: "text", text: message.content });
  for (const part of objects(message.content)) if (typeof part.text === "string") parts.push({ kind: "text", text: part.text });
  if (typeof message.refusal === "string" && message.refusal !== "") parts.push({ kind: "refusal", text: message.refusal });
  for (const call of objects(message.tool_calls)) parts.push(toolCallOf(call));
  if (isJsonObject(message.function_call)) parts.push(toolCallOf({ function: message.function_call }));
  return parts;
}

function toolCallOf(call: JsonObject): Part {
  const made = object(call.function ?? call.custom);
  const given = made.arguments ?? made.input;
  return {
    kind: "toolCall",
    id: text(call.id) ?? "",
    name: text(made.name) ?? "",
    // Some compatible hosts give the arguments as an object.
    arguments: typeof given === "string" ? given : given == null ? "" : JSON.stringify(given),
  };
}

function choiceDeltaOf(choice: JsonObject, position: number): ChoiceDelta {
  const delta = object(choice.delta);
  const content = text(choice.text) ?? text(delta.content) ?? contentPartsText(delta.content);
  const reasoning = text(delta.reasoning_content) ?? text(delta.reasoning) ?? thinkingText(delta.content);
  const refusal = text(delta.refusal);
  // Some hosts say "" until there is a reason.
  const finishReason = text(choice.finish_reason) || undefined;
  const calls = Array.isArray(delta.tool_calls)
    ? delta.tool_calls
    : isJsonObject(delta.function_call)
      ? [{ function: delta.function_call }]
      : undefined;
  return {
    index: typeof choice.index === "number" ? choice.index : position,
    ...(content !== undefined && { text: content }),
    ...(reasoning !== undefined && { reasoning }),
    ...(refusal !== undefined && { refusal }),
    ...(calls && { toolCalls: objects(calls).map(toolCallDeltaOf) }),
    ...(finishReason !== undefined && { finishReason }),
    ...(Object.entries(delta).some(isOther) && { other: true }),
  };
}

const TEXT_MEMBERS = new Set(["role", "content", "refusal", "reasoning", "reasoning_content", "tool_calls", "function_call"]);

/** Sound, pictures and whatever comes next: not text, but worth a reader's while. */
const isOther = ([name, value]: readonly [string, Json | undefined]): boolean =>
  !TEXT_MEMBERS.has(name) && value !== null && value !== "" && !(Array.isArray(value) && value.length === 0);

/** The index pairs the pieces; hosts that send a call whole sometimes leave it out. */
function toolCallDeltaOf(call: JsonObject, position: number): ToolCallDelta {
  const made = object(call.function ?? call.custom);
  const [id, name, pieces] = [text(call.id), text(made.name), text(made.arguments ?? made.input)];
  return {
    index: typeof call.index === "number" ? call.index : position,
    ...(id !== undefined && { id }),
    ...(name !== undefined && { name }),
    ...(pieces !== undefined && { arguments: pieces }),
  };
}

function contentPartsText(content: Json | undefined): string | undefined {
  const texts = objects(content).flatMap((part) => (typeof part.text === "string" ? [part.text] : []));
  return texts.length > 0 ? texts.join("") : undefined;
}

/** Mistral's reasoning models put their thoughts into the content: `[{type: "thinking", thinking: [{type: "text", text}]}]`. */
const thinkingText = (content: Json | undefined): string | undefined =>
  contentPartsText(objects(content).flatMap(({ thinking }) => objects(thinking)));

const text = (value: Json | undefined): string | undefined => (typeof value === "string" ? value : undefined);
const object = (value: Json | undefined): JsonObject => (isJsonObject(value) ? value : {});
const objects = (value: Json | undefined): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : []);
