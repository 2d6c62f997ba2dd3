import { DynamoDBServiceException } from "@aws-sdk/client-dynamodb";
import type { Hold } from "../ports.ts";

/**
 * A write was sent and nobody knows whether it was done. It is never sent again, since it could count twice: these holds
 * may stand in their counters (`spend` and `count` until the window ends, `occupy` until its slot does) although no call
 * has them, or may be unsettled although they were settled. Whoever catches it records them, to be put right from the log.
 */
export class UnknownOutcome extends Error {
  readonly holds: readonly Hold[];
  constructor(holds: readonly Hold[], cause: unknown) {
    super(`it is not known whether the ledger wrote ${holds.map(({ counter }) => `${counter.id} (${counter.window})`).join(", ")}`, {
      cause,
    });
    this.name = "UnknownOutcome";
    this.holds = holds;
  }
}

/** Waits for a write that counts `hold`, or settles it. */
export async function knownOutcome<Value>(hold: Hold, written: Promise<Value>): Promise<Value> {
  try {
    return await written;
  } catch (error) {
    throw isUnknown(error) ? new UnknownOutcome([hold], error) : error;
  }
}

const THROTTLED = new Set([
  "ProvisionedThroughputExceededException",
  "ThrottlingException",
  "RequestLimitExceeded",
  "LimitExceededException",
]);

/** DynamoDB did nothing, since the partition (or the table) had no capacity left. */
export const isThrottled = (error: unknown): boolean => error instanceof DynamoDBServiceException && THROTTLED.has(error.name);

const NEVER_SENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

/** An answer that names the caller's fault is a write that was not done; one of the server's own faults says nothing. */
function isUnknown(error: unknown): boolean {
  if (error instanceof DynamoDBServiceException) return error.$fault === "server" && !isThrottled(error);
  if (!(error instanceof Error)) return true;
  if (error.name === "CredentialsProviderError") return false;
  return !("code" in error && typeof error.code === "string" && NEVER_SENT.has(error.code));
}
