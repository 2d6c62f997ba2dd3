import type { ProviderError } from "../../contracts/answer.ts";
import { GatewayError } from "../../contracts/error.ts";
import { isJsonObject, type JsonObject } from "../../contracts/json.ts";
import { lazy } from "../../contracts/lazy.ts";
import type { EventStream, WireEvent } from "../../contracts/reply.ts";
import { type Edit, editJson } from "../../wire/jsonEdit.ts";
import { eventSplitter } from "../../wire/serverSentEvents.ts";
import type { Codec, Dialect, Encoded, EncodeTarget, InnerRequest } from "../dialect.ts";
import { decodeAnswer, decodeDelta, errorOf, parseObject } from "./answer.ts";

const codec = (path: string): Codec => ({ path, encode, decode: decodeAnswer, decodeEvents });

/** OpenAI's protocol as its providers, and the many compatible ones, speak it. */
export const openai: Dialect = {
  name: "openai",
  operations: { chat: codec("/chat/completions"), completions: codec("/completions"), embeddings: codec("/embeddings") },
  error: decodeError,
};

/** The body as received, but for what the plan sets: those values are put in place and no other byte is touched. */
function encode({ body, bytes }: InnerRequest, { model, overrides, includeUsage }: EncodeTarget): Encoded {
  const edits: Edit[] = Object.entries(overrides).flatMap(([name, value]) => (value === undefined ? [] : [{ path: [name], value }]));
  const planned = { ...body, ...overrides };
  if (model !== undefined && model !== planned.model) edits.push({ path: ["model"], value: model });
  const withholdUsage = includeUsage && planned.stream === true && !asksForUsage(planned);
  if (withholdUsage) edits.push({ path: ["stream_options"], value: { ...objectOf(planned.stream_options), include_usage: true } });
  return { bytes: edits.length === 0 ? bytes : editJson(bytes, lastOfEach(edits)), withholdUsage };
}

export const asksForUsage = (body: JsonObject): boolean => objectOf(body.stream_options).include_usage === true;

async function* decodeEvents(chunks: AsyncIterable<Uint8Array>, { withholdUsage }: { readonly withholdUsage: boolean }): EventStream {
  const splitter = eventSplitter();
  const toEvent = (bytes: Uint8Array): WireEvent => {
    const delta = lazy(() => decodeDelta(bytes));
    return withholdUsage && isOnlyUsage(delta()) ? { bytes, delta, withheld: true } : { bytes, delta };
  };
  let isFinished = false;
  const settle = (event: WireEvent) => {
    const { error, end, choices } = event.delta();
    if (error) throw new GatewayError("upstream_cut", error.message);
    if (end || choices.some(({ finishReason }) => finishReason !== undefined)) isFinished = true;
  };
  for await (const chunk of chunks) {
    const batch = splitter.push(chunk).map(toEvent);
    if (batch.length === 0) continue;
    yield upToError(batch);
    batch.forEach(settle); // after the reader has had them, so that decoding delays nobody
  }
  const rest = splitter.rest();
  if (rest) {
    const event = toEvent(rest);
    yield [event];
    settle(event);
  }
  if (!isFinished) throw new GatewayError("upstream_cut", "the provider ended the stream before the answer was finished");
}

/** After an error nothing is believed, least of all a `[DONE]`. */
function upToError(batch: readonly WireEvent[]): readonly WireEvent[] {
  const last = batch.at(-1);
  if (batch.length === 1 || !last) return batch;
  const failed = batch.findIndex(({ bytes, delta }) => mentionsError(bytes) && delta().error);
  return failed < 0 ? batch : batch.slice(0, failed + 1);
}

const ERROR = Buffer.from("error");
const mentionsError = (bytes: Uint8Array): boolean => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(ERROR);

const isOnlyUsage = ({ choices, usage, error }: ReturnType<WireEvent["delta"]>): boolean => choices.length === 0 && usage !== undefined && !error;

function decodeError(bytes: Uint8Array): ProviderError {
  const body = parseObject(bytes);
  const known = body && errorOf(body);
  if (known) return known;
  const message = body?.message ?? body?.detail;
  return { message: typeof message === "string" ? message : "the provider reported an error", type: null, code: null };
}

const objectOf = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});

/** An override and the model may name the same member; the later edit is the one that is meant. */
const lastOfEach = (edits: readonly Edit[]): readonly Edit[] => [...new Map(edits.map((edit) => [String(edit.path[0]), edit])).values()];
