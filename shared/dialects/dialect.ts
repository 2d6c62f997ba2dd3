import type { Answer, Delta, ProviderError } from "../contracts/answer.ts";
import type { Operation } from "../contracts/call.ts";
import type { GatewayError } from "../contracts/error.ts";
import type { JsonObject } from "../contracts/json.ts";
import type { DialectName } from "../contracts/part.ts";
import type { EventStream, WireEvent } from "../contracts/reply.ts";
import type { Segment } from "../contracts/segment.ts";
import type { Edit } from "../wire/jsonEdit.ts";

/** A request in the inner language, whose wire form is OpenAI's: `bytes` is always the JSON text of `body`. */
export interface InnerRequest {
  readonly body: JsonObject;
  readonly bytes: Uint8Array;
}

export interface EncodeTarget {
  /** The model as the provider names it. */
  readonly model: string | undefined;
  /** The provider can be asked to end a stream with its token counts. */
  readonly includeUsage: boolean;
}
export interface Encoded {
  readonly bytes: Uint8Array;
  /** The usage event was asked for by the gateway, not by the client: it is withheld from the client. */
  readonly withholdUsage: boolean;
}

/** One operation as a provider speaks it. Pure translation: no network, no clock, no credentials. */
export interface Codec {
  readonly path: string;
  encode(request: InnerRequest, to: EncodeTarget): Encoded;
  /** Throws a `GatewayError` when the bytes are no answer of this protocol. */
  decode(bytes: Uint8Array): Answer;
  /** State lives in the generator's locals, so every stream starts clean. */
  decodeEvents(chunks: AsyncIterable<Uint8Array>, options: { readonly withholdUsage: boolean }): EventStream;
}

/** A protocol as providers speak it. */
export interface Dialect {
  readonly name: DialectName;
  readonly operations: { readonly [Name in Operation]?: Codec };
  error(bytes: Uint8Array): ProviderError;
}

/** Where a piece of text stands in a body. */
export interface TextSlot {
  readonly path: readonly (string | number)[];
  readonly segment: Segment;
}
export interface RequestTexts {
  readonly slots: readonly TextSlot[];
  /** The first slot of the last message. */
  readonly newest: number;
}
/** One text that an event of a stream carries; the channel tells the texts of a stream apart that grow side by side. */
export interface EventText {
  readonly channel: string;
  readonly kind: Segment["kind"];
  readonly text: string;
  readonly path: readonly (string | number)[];
}

/** The same protocol from the client's side. */
export interface ClientDialect {
  readonly name: DialectName;
  requestTexts(operation: Operation, body: JsonObject): RequestTexts;
  answerTexts(body: JsonObject): readonly TextSlot[];
  eventTexts(delta: Delta): readonly EventText[];
  /** Some hosts repeat the whole text so far in every event: copies that a screened stream cannot have. */
  copiesIn(delta: Delta): readonly Edit[];
  /** The event with some of its values replaced, and nothing else. */
  rewriteEvent(event: WireEvent, edits: readonly Edit[]): WireEvent;
  error(error: GatewayError, requestId: string): Uint8Array;
  /** The same error where a stream has begun: the client must not take what came for a whole answer. */
  errorEvent(error: GatewayError, requestId: string): Uint8Array;
  /** An event that carries something beside the answer, such as guardrail results. */
  extraEvent(body: JsonObject): Uint8Array;
  /** A stored whole answer as the events of a stream, and the other way round. */
  eventsOf(operation: Operation, body: JsonObject, options: { readonly includeUsage: boolean }): readonly Uint8Array[];
  assembler(operation: Operation): Assembler;
}

/** Puts the events of a stream together to the whole answer that the same request would have got without streaming. */
export interface Assembler {
  push(delta: Delta): void;
  whole(): JsonObject;
}
