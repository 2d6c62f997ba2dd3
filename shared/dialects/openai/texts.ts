import type { Delta } from "../../contracts/answer.ts";
import type { Operation } from "../../contracts/call.ts";
import { isJsonObject, type Json, type JsonObject } from "../../contracts/json.ts";
import type { Role } from "../../contracts/part.ts";
import type { Segment } from "../../contracts/segment.ts";
import type { Edit } from "../../wire/jsonEdit.ts";
import type { EventText, RequestTexts, TextSlot } from "../dialect.ts";

type Path = TextSlot["path"];

/** Every text of a request that a person or a tool wrote, whatever the route: messages, prompts, inputs. */
export function requestTexts(operation: Operation, body: JsonObject): RequestTexts {
  if (operation === "chat") return messageTexts(body.messages);
  const members = operation === "completions" ? ["prompt", "suffix"] : ["input"];
  return { slots: members.flatMap((member) => textsAt([member], body[member], "user", "text")), newest: 0 };
}

export function answerTexts(body: JsonObject): readonly TextSlot[] {
  return list(body.choices).flatMap((choice, index) => {
    if (!isJsonObject(choice)) return [];
    if (typeof choice.text === "string") return textsAt(["choices", index, "text"], choice.text, "assistant", "text");
    return isJsonObject(choice.message) ? textsOfMessage(["choices", index, "message"], choice.message, "assistant") : [];
  });
}

/** The texts of one event, by the channel that each belongs to. */
export function eventTexts({ chunk }: Delta): readonly EventText[] {
  return list(chunk?.choices).flatMap((choice, position) => {
    if (!isJsonObject(choice)) return [];
    const index = typeof choice.index === "number" ? choice.index : position;
    const at = ["choices", position] as const;
    if (typeof choice.text === "string")
      return [{ channel: `${index}.text`, kind: "text" as const, text: choice.text, path: [...at, "text"] }];
    if (!isJsonObject(choice.delta)) return [];
    return textsOfMessage([...at, "delta"], choice.delta, "assistant").map(({ path, segment }) => ({
      channel: `${index}.${channelOf(choice.delta as JsonObject, path)}`,
      kind: segment.kind,
      text: segment.text,
      path,
    }));
  });
}

/** Perplexity and Writer send `choices[].message` beside `delta`. */
export const copiesIn = ({ chunk }: Delta): readonly Edit[] =>
  list(chunk?.choices).flatMap((choice, position) =>
    isJsonObject(choice) && isJsonObject(choice.delta) && isJsonObject(choice.message)
      ? [{ path: ["choices", position, "message"], value: null }]
      : [],
  );

function messageTexts(messages: Json | undefined): RequestTexts {
  const slots: TextSlot[] = [];
  let newest = 0;
  for (const [index, message] of list(messages).entries()) {
    newest = slots.length;
    if (isJsonObject(message)) slots.push(...textsOfMessage(["messages", index], message, roleOf(message.role)));
  }
  return { slots, newest };
}

function textsOfMessage(path: Path, message: JsonObject, role: Role): readonly TextSlot[] {
  const isResult = role === "tool" || role === "function";
  return [
    ...textsAt([...path, "reasoning_content"], message.reasoning_content, role, "reasoning"),
    ...textsAt([...path, "reasoning"], message.reasoning, role, "reasoning"),
    ...textsAt([...path, "content"], message.content, role, isResult ? "toolResult" : "text"),
    ...textsAt([...path, "refusal"], message.refusal, role, "refusal"),
    ...list(message.tool_calls).flatMap((call, index) => toolCallTexts([...path, "tool_calls", index], call, role)),
    ...toolCallTexts(path, { function: message.function_call }, role, "function_call"),
  ];
}

function toolCallTexts(path: Path, call: Json, role: Role, member?: string): readonly TextSlot[] {
  if (!isJsonObject(call)) return [];
  const kind = isJsonObject(call.custom) ? "custom" : "function";
  const made = call[kind];
  if (!isJsonObject(made)) return [];
  const argument = kind === "custom" ? "input" : "arguments";
  return textsAt([...path, member ?? kind, argument], made[argument], role, "toolArguments");
}

/** A text, a list of texts, or a list of content parts. Token ids and media are not text. */
function textsAt(path: Path, value: Json | undefined, role: Role, kind: Segment["kind"]): readonly TextSlot[] {
  if (typeof value === "string") return [{ path, segment: { role, kind, text: value } }];
  return list(value).flatMap((part, index): readonly TextSlot[] => {
    if (typeof part === "string") return [{ path: [...path, index], segment: { role, kind, text: part } }];
    if (!isJsonObject(part)) return [];
    if (Array.isArray(part.thinking)) return textsAt([...path, index, "thinking"], part.thinking, role, "reasoning");
    const member = typeof part.refusal === "string" ? "refusal" : "text";
    const text = part[member];
    return typeof text === "string"
      ? [{ path: [...path, index, member], segment: { role, kind: member === "refusal" ? member : kind, text } }]
      : [];
  });
}

/** Tool calls grow side by side under their own index, thoughts apart from the text beside them, everything else under the name of its field. */
function channelOf(delta: JsonObject, path: Path): string {
  const [, , , field, position, part] = path;
  if (part === "thinking") return `${field}.thinking`;
  if (field !== "tool_calls") return String(field);
  const call = list(delta.tool_calls)[Number(position)];
  return `tool_calls.${isJsonObject(call) && typeof call.index === "number" ? call.index : position}`;
}

const ROLES: readonly string[] = ["system", "developer", "user", "assistant", "tool", "function"] satisfies readonly Role[];
const roleOf = (role: Json | undefined): Role => (typeof role === "string" && ROLES.includes(role) ? (role as Role) : "user");
const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
