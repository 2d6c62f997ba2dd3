import type { Delta } from "../../contracts/answer.ts";
import type { Operation } from "../../contracts/call.ts";
import { isJsonObject, type Json, type JsonObject } from "../../contracts/json.ts";
import type { Assembler } from "../dialect.ts";

type Draft = { [name: string]: Json | undefined };

/** Without a prototype: a member `__proto__` of a provider's answer is a member like any other. */
const newDraft = (members: Draft = {}): Draft => Object.assign(Object.create(null), members);

/** Puts the chunks of a stream together. Fields it does not know are kept: texts grow, lists are joined, the rest is replaced. */
export function assembler(operation: Operation): Assembler {
  const head = newDraft();
  const choices = new Map<number, Draft>();
  let usage: Json | undefined;

  return {
    push({ chunk }: Delta) {
      if (!chunk) return;
      for (const name in chunk) {
        const value = chunk[name];
        if (name === "choices") for (const choice of objects(value)) addChoice(choices, choice);
        else if (name === "usage") usage = value ?? usage;
        // The first chunk of some hosts has empty strings where the later ones have the values.
        else if (!(name in head) || (value !== null && value !== "" && value !== 0)) head[name] = value;
      }
    },
    whole: () => ({
      ...head,
      object: operation === "completions" ? "text_completion" : "chat.completion",
      choices: [...choices.values()].sort((left, right) => Number(left.index) - Number(right.index)).map(finished),
      ...(usage !== undefined && { usage }),
    }),
  };
}

/** A whole answer as the events that a stream of it would have: for each choice its content in one piece, then its end. */
export function eventsOf(operation: Operation, body: JsonObject, { includeUsage }: { readonly includeUsage: boolean }): readonly string[] {
  const { choices, usage, object: _object, ...head } = body;
  const isText = operation === "completions";
  const chunk = (choice: readonly Json[], rest: JsonObject = {}) =>
    JSON.stringify({ ...head, object: isText ? "text_completion" : "chat.completion.chunk", choices: choice, ...rest });
  const pieces = objects(choices).flatMap((choice) =>
    isText
      ? [chunk([choice])]
      : [chunk([contentChunk(choice)]), chunk([{ index: choice.index ?? 0, delta: {}, finish_reason: choice.finish_reason ?? null }])],
  );
  return [...pieces, ...(includeUsage && usage ? [chunk([], { usage })] : []), "[DONE]"];
}

function contentChunk({ message, finish_reason: _reason, ...choice }: JsonObject): JsonObject {
  const { tool_calls: calls, ...delta } = isJsonObject(message) ? message : {};
  const indexed = Array.isArray(calls) ? objects(calls).map((call, index) => ({ index, ...call })) : calls;
  return { ...choice, delta: { ...delta, ...(indexed !== undefined && { tool_calls: indexed }) }, finish_reason: null };
}

/** Writer and Perplexity repeat in `message` what `delta` says, or all that it has said so far. */
function addChoice(choices: Map<number, Draft>, { delta, message: _copy, ...choice }: JsonObject): void {
  const index = typeof choice.index === "number" ? choice.index : 0;
  const draft = draftAt(choices, index, () => newDraft({ index }));
  for (const name in choice) if (name !== "index") merge(draft, name, choice[name]);
  if (!isJsonObject(delta)) return;
  draft.message ??= newDraft();
  for (const name in delta) {
    if (name === "tool_calls" && Array.isArray(delta.tool_calls)) addToolCalls(draft.message as Draft, objects(delta.tool_calls));
    else merge(draft.message as Draft, name, delta[name]);
  }
}

function addToolCalls(message: Draft, pieces: readonly JsonObject[]): void {
  message.tool_calls ??= [];
  const calls = message.tool_calls as unknown as Draft[];
  pieces.forEach((piece, position) => {
    const index = typeof piece.index === "number" ? piece.index : position;
    const known = calls.findLast((call) => call.index === index);
    const call = known && !isAnother(piece, known) ? known : newDraft({ index });
    if (call !== known) calls.push(call);
    for (const name in piece) if (name !== "index") merge(call, name, piece[name]);
  });
}

/** Some hosts send each call whole and leave the index out, or always say 0. A new id alone is not enough: others make one for every piece. */
const isAnother = (piece: JsonObject, call: Draft): boolean =>
  Boolean(piece.id && call.id && piece.id !== call.id && isJsonObject(piece.function) && piece.function.name);

/** Names and ids come once, or again and again as the same; only what is said in pieces grows. */
const GROWING = new Set(["content", "text", "refusal", "reasoning", "reasoning_content", "arguments", "input", "transcript", "data"]);

function merge(draft: Draft, name: string, value: Json | undefined): void {
  const known = draft[name];
  if (value === null || value === undefined) draft[name] ??= null;
  else if (name === "content" && Array.isArray(known) !== Array.isArray(value) && known)
    draft[name] = joined(asParts(known), asParts(value));
  else if (Array.isArray(value)) draft[name] = joined(Array.isArray(known) ? (known as Json[]) : [], value);
  else if (typeof known === "string" && typeof value === "string" && GROWING.has(name)) draft[name] = known + value;
  else if (isJsonObject(value)) {
    const inner = isJsonObject(known) ? (known as Draft) : newDraft();
    draft[name] = inner;
    for (const member in value) merge(inner, member, value[member]);
  } else if (value !== "" || known === undefined || known === null) draft[name] = value;
}

/** A text beside content parts is a part itself: Mistral goes on in strings when it has stopped thinking. */
const asParts = (content: Json): Json[] =>
  Array.isArray(content) ? content : typeof content === "string" && content !== "" ? [{ type: "text", text: content }] : [];

/** What comes first may go on with the part that was last. The list is the draft's own: a copy for each piece would be quadratic. */
function joined(known: Json[], [first, ...others]: readonly Json[]): Json[] {
  if (first === undefined) return known;
  const longer = longerPart(known.at(-1), first);
  if (longer) known[known.length - 1] = longer;
  else known.push(first);
  known.push(...others);
  return known;
}

function longerPart(last: Json | undefined, next: Json): JsonObject | undefined {
  if (!isJsonObject(last) || !isJsonObject(next) || last.type !== next.type) return undefined;
  if (last.type === "text" && typeof last.text === "string" && typeof next.text === "string")
    return { ...last, text: last.text + next.text };
  if (last.type === "thinking" && Array.isArray(last.thinking) && Array.isArray(next.thinking))
    return { ...last, thinking: joined([...last.thinking], next.thinking) };
  return undefined;
}

function finished(draft: Draft): JsonObject {
  if (!isJsonObject(draft.message) || !Array.isArray(draft.message.tool_calls)) return draft;
  const calls = objects(draft.message.tool_calls).map(({ index: _index, ...call }) => call);
  return { ...draft, message: { ...draft.message, tool_calls: calls } };
}

function draftAt<Id>(drafts: Map<Id, Draft>, id: Id, create: () => Draft): Draft {
  const known = drafts.get(id);
  if (known) return known;
  const created = create();
  drafts.set(id, created);
  return created;
}

const objects = (value: Json | undefined): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : []);
