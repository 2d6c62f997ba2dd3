import { GatewayError } from "../../../shared/contracts/error.ts";

/** What the store says; while it does not answer the caller is told to come again, which is no bug of ours. */
export async function fromStore<Value>(answer: Promise<Value>, what: string): Promise<Value> {
  try {
    return await answer;
  } catch (cause) {
    throw new GatewayError("store_unavailable", `the gateway cannot check ${what} right now`, { headers: { "retry-after": "1" }, cause });
  }
}
