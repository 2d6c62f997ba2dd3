import type { Logger } from "@aws-lambda-powertools/logger";
import { redact } from "../redact.ts";

/** Problems of the gateway go to the function's log: with the stack, which clients never see, and without anything secret. */
export const reporter =
  (logger: Logger) =>
  (problem: string, cause: unknown): void =>
    logger.error(problem, { cause: redact(textOf(cause), []) });

function textOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const text = cause.stack ?? `${cause.name}: ${cause.message}`;
  return cause.cause instanceof Error ? `${text}\ncaused by ${textOf(cause.cause)}` : text;
}
