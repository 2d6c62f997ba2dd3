import type { Delta, ProviderError } from "../../contracts/answer.ts";
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

/** The body as it is, but for the model and the wish for usage, which are put in place: no other byte is touched. */
function encode({ body, bytes }: InnerRequest, { model, includeUsage }: EncodeTarget): Encoded {
  const edits: Edit[] = model === undefined || model === body.model ? [] : [{ path: ["model"], value: model }];
  const withholdUsage = includeUsage && body.stream === true && !asksForUsage(body);
  if (withholdUsage) edits.push({ path: ["stream_options"], value: { ...objectOf(body.stream_options), include_usage: true } });
  return { bytes: edits.length === 0 ? bytes : editJson(bytes, edits), withholdUsage };
}

export const asksForUsage = (body: JsonObject): boolean => objectOf(body.stream_options).include_usage === true;

/** Looked into in lots, to see whether the answer came to its end. */
const LAST_EVENTS = 64;

/** Looks into no event that need not be looked into: decoding in one go, by whoever wants it, costs a fraction of event by event. */
async function* decodeEvents(chunks: AsyncIterable<Uint8Array>, { withholdUsage }: { readonly withholdUsage: boolean }): EventStream {
  const splitter = eventSplitter();
  const toEvent = (bytes: Uint8Array): WireEvent => {
    const delta = lazy(() => decodeDelta(bytes));
    return withholdUsage && mentions(bytes, USAGE) && isOnlyUsage(delta()) ? { bytes, delta, withheld: true } : { bytes, delta };
  };
  const last: WireEvent[] = [];
  let isFinished = false;
  for await (const chunk of chunks) {
    const batch = splitter.push(chunk).map(toEvent);
    if (batch.length === 0) continue;
    const failed = batch.findIndex(isError);
    yield failed < 0 ? batch : batch.slice(0, failed + 1); // after an error nothing is believed, least of all a [DONE]
    if (failed >= 0) throw brokenBy(batch[failed]);
    last.push(...batch);
    if (last.length > LAST_EVENTS) isFinished = last.splice(0, last.length - LAST_EVENTS / 2).some(isFinish) || isFinished;
  }
  const rest = splitter.rest();
  if (rest) {
    const event = toEvent(rest);
    const { chunk, error } = event.delta();
    last.push(event);
    // Some hosts leave out the last blank line. What was torn in two says nothing, and would spoil the event that tells of it.
    isFinished = last.some(isFinish) || isFinished;
    if (isFinished) yield [event];
    else if (chunk || error) yield [toEvent(Buffer.concat([rest, BLANK_LINE]))];
    if (error) throw brokenBy(event);
  }
  if (!isFinished && !last.some(isFinish))
    throw new GatewayError("upstream_cut", "the provider ended the stream before the answer was finished");
}

const BLANK_LINE = Buffer.from("\n\n");
const ERROR = Buffer.from("error");
const USAGE = Buffer.from('"usage"');
const mentions = (bytes: Uint8Array, word: Buffer): boolean =>
  (Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)).includes(word);

const isError = ({ bytes, delta }: WireEvent): boolean => mentions(bytes, ERROR) && delta().error !== undefined;
const brokenBy = (event: WireEvent | undefined): GatewayError => new GatewayError("upstream_cut", event?.delta().error?.message ?? "");
const isFinish = ({ delta }: WireEvent): boolean =>
  delta().end === true || delta().choices.some(({ finishReason }) => finishReason !== undefined);

const isOnlyUsage = ({ choices, usage, error }: Delta): boolean => choices.length === 0 && usage !== undefined && !error;

function decodeError(bytes: Uint8Array): ProviderError {
  const body = parseObject(bytes);
  const known = body && errorOf(body);
  if (known) return known;
  const message = body?.message ?? body?.detail;
  return { message: typeof message === "string" ? message : "the provider reported an error", type: null, code: null };
}

const objectOf = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});
