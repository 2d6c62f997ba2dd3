import type { Call } from "../../../shared/contracts/call.ts";
import { GatewayError } from "../../../shared/contracts/error.ts";
import type { VirtualKey } from "../../../shared/contracts/key.ts";
import type { Actor } from "../../../shared/contracts/trace.ts";
import type { Services } from "../services.ts";
import { fromStore } from "./fromStore.ts";

/** Who calls. One message for every reason, so that nobody learns which keys exist. */
export async function authenticate({ credential }: Call, { keys, clock }: Pick<Services, "keys" | "clock">): Promise<Actor> {
  if (credential.kind === "none") {
    throw new GatewayError("invalid_key", "this request carries no virtual key", { remedy: "Send it as Authorization: Bearer gate_…" });
  }
  const { value: key, isStale } = await fromStore(keys.find(credential.value), "virtual keys");
  if (!key || key.revoked || isExpired(key, clock.now()))
    throw new GatewayError("invalid_key", "this virtual key is unknown, expired or revoked");
  return { key, auth: isStale ? "stale" : "fresh" };
}

const isExpired = ({ expires_at: expiresAt }: VirtualKey, now: number): boolean => expiresAt !== undefined && Date.parse(expiresAt) <= now;
