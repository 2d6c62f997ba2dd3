import { hash, randomBytes } from "node:crypto";
import { base32, newId } from "../contracts/id.ts";

const PREFIX = "gate_";
const CHECKSUM_LENGTH = 6;
const FORMAT = /^gate_([0-9a-z]{8,40})_([0-9a-z]{52})([0-9a-z]{6})$/;

/** Strings that were not made here (an old Portkey key) must be too long to guess. */
export const ADOPTED_MIN_LENGTH = 20;

/** A new virtual key: `gate_<id>_<secret><checksum>`, 32 random bytes. The string is shown once; its hash is kept. */
export function generateKey(nowMs: number): { readonly id: string; readonly secret: string } {
  const id = newId("key", nowMs);
  const body = `${PREFIX}${id.slice("key_".length)}_${base32(randomBytes(32))}`;
  return { id, secret: body + checksumOf(body) };
}

export type KeyString =
  | { readonly kind: "generated"; readonly id: string }
  | { readonly kind: "adoptable" }
  | { readonly kind: "impossible" };

/** What a string could be, found out without I/O: a typing error or junk in the form of a generated key costs no read. */
export function readKeyString(secret: string): KeyString {
  if (!secret.startsWith(PREFIX)) return { kind: secret.length >= ADOPTED_MIN_LENGTH ? "adoptable" : "impossible" };
  const [, id, , checksum] = FORMAT.exec(secret) ?? [];
  if (id === undefined || checksum !== checksumOf(secret.slice(0, -CHECKSUM_LENGTH))) return { kind: "impossible" };
  return { kind: "generated", id: `key_${id}` };
}

export const hashOf = (secret: string): string => hash("sha256", secret, "hex");

const checksumOf = (body: string): string => base32(hash("sha256", body, "buffer").subarray(0, 4)).slice(0, CHECKSUM_LENGTH);
