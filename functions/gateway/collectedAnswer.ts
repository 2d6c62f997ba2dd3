import type { Answer } from "../../shared/contracts/answer.ts";
import type { ClientDialectName, Operation } from "../../shared/contracts/call.ts";
import type { WireEvent } from "../../shared/contracts/reply.ts";
import type { TracedAnswer } from "../../shared/contracts/trace.ts";
import type { Usage } from "../../shared/contracts/usage.ts";
import { clientDialects } from "./dialects.ts";

export interface CollectedAnswer extends TracedAnswer {
  add(batch: readonly WireEvent[]): void;
}

/** Puts a stream together as it goes by, for the log, the cache and the bill. */
export function collectedAnswer(dialect: ClientDialectName, operation: Operation): CollectedAnswer {
  const assembler = clientDialects[dialect].assembler(operation);
  const finishReasons: string[] = [];
  let model: string | undefined;
  let usage: Usage | undefined;

  return {
    add(batch) {
      for (const { delta: decode } of batch) {
        const delta = decode();
        assembler.push(delta);
        model = delta.model ?? model;
        usage = delta.usage ?? usage;
        for (const { finishReason } of delta.choices) if (finishReason !== undefined) finishReasons.push(finishReason);
      }
    },
    get model() {
      return model;
    },
    get usage() {
      return usage;
    },
    finishReasons,
    whole: () => Buffer.from(JSON.stringify(assembler.whole())),
  };
}

export const wholeAnswer = (bytes: Uint8Array, { model, usage, choices }: Answer): TracedAnswer => ({
  model,
  usage,
  finishReasons: choices.flatMap(({ finishReason }) => (finishReason === null ? [] : [finishReason])),
  whole: () => bytes,
});
