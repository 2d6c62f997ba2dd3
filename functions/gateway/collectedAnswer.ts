import type { Answer } from "../../shared/contracts/answer.ts";
import type { ClientDialectName, Operation } from "../../shared/contracts/call.ts";
import type { WireEvent } from "../../shared/contracts/reply.ts";
import type { TracedAnswer } from "../../shared/contracts/trace.ts";
import { answerOf } from "../../shared/dialects/openai/answer.ts";
import { clientDialects } from "./dialects.ts";

export interface CollectedAnswer extends TracedAnswer {
  add(batch: readonly WireEvent[]): void;
}

/** Events are decoded in lots: many small wake-ups that touch all of this code cost twice as much. */
const LOT = 32;

/** Puts a stream together as it goes by, for the log, the cache and the bill. */
export function collectedAnswer(dialect: ClientDialectName, operation: Operation): CollectedAnswer {
  const assembler = clientDialects[dialect].assembler(operation);
  let waiting: WireEvent[] = [];
  const whole = () => {
    for (const { delta } of waiting) assembler.push(delta());
    waiting = [];
    return assembler;
  };

  return {
    add(batch) {
      for (const event of batch) waiting.push(event);
      if (waiting.length >= LOT) whole();
    },
    answer: () => answerOf(whole().whole()),
    whole: () => Buffer.from(JSON.stringify(whole().whole())),
  };
}

export const wholeAnswer = (bytes: Uint8Array, answer: Answer): TracedAnswer => ({ answer: () => answer, whole: () => bytes });
