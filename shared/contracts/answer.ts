import type { JsonObject } from "./json.ts";
import type { Part } from "./part.ts";
import type { Usage } from "./usage.ts";

/** A whole answer, understood. Answers without choices (embeddings, lists) have only usage. */
export interface Answer {
  readonly model?: string;
  readonly choices: readonly Choice[];
  readonly usage?: Usage;
  /** A failure that the provider reported with a status that says success. */
  readonly error?: ProviderError;
}

export interface Choice {
  readonly index: number;
  readonly parts: readonly Part[];
  /** As the provider spelled it. */
  readonly finishReason: string | null;
}

export interface ProviderError {
  readonly message: string;
  readonly type: string | null;
  readonly code: string | null;
  /** The HTTP status that the provider means, where its body names one. */
  readonly status?: number;
}

/** What one event of a stream adds to the answer. */
export interface Delta {
  readonly choices: readonly ChoiceDelta[];
  readonly usage?: Usage | undefined;
  readonly error?: ProviderError | undefined;
  /** The dialect's own word for the end, such as `[DONE]`. */
  readonly end?: true;
  /** The event in the inner language's wire form. */
  readonly chunk?: JsonObject;
}

export interface ChoiceDelta {
  readonly index: number;
  readonly text?: string;
  readonly refusal?: string;
  readonly reasoning?: string;
  readonly toolCalls?: readonly ToolCallDelta[];
  readonly finishReason?: string;
  /** Something that is not text, such as sound or a picture. */
  readonly other?: true;
}

/** Pieces of one tool call share the index; id and name come with the first. */
export interface ToolCallDelta {
  readonly index: number;
  readonly id?: string;
  readonly name?: string;
  readonly arguments?: string;
}

export const NO_DELTA: Delta = { choices: [] };

/** Whether an event carries something that a reader would see: what a stream waits for before it commits. */
export const isMeaningful = (delta: Delta): boolean =>
  delta.choices.some((choice) => saysSomething(choice) || choice.finishReason !== undefined);

export const saysSomething = ({ text, reasoning, refusal, toolCalls, other }: ChoiceDelta): boolean =>
  Boolean(text || reasoning || refusal || toolCalls?.length || other);
