import type { Headers } from "../../shared/contracts/call.ts";

/** Things that look like keys, wherever they come from. */
const KEY_SHAPES = /\b(gate_[0-9a-z]{8,}_[0-9a-z]{20,}|sk-[\w-]{16,}|(?:Bearer|Basic)\s+[\w.~+/=-]{12,}|AKIA[0-9A-Z]{16}|AIza[\w-]{30,})/g;

/** Each shape has one of these in it: looking for them first spares long texts the regex. */
const KEY_MARKS = ["gate_", "sk-", "earer", "asic", "AKIA", "AIza"];

/** The text without the secrets given and without anything that looks like a key. */
export function redact(text: string, secrets: readonly (string | undefined)[]): string {
  const known = secrets.reduce<string>((masked, secret) => (secret ? masked.replaceAll(secret, "[redacted]") : masked), text);
  return KEY_MARKS.some((mark) => known.includes(mark)) ? known.replace(KEY_SHAPES, "[redacted]") : known;
}

/** A provider's body without the secret with which it was called; as a rule it is the same bytes. */
export function withoutSecret(bytes: Uint8Array, secret: string | undefined): Uint8Array {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return secret && body.includes(secret) ? Buffer.from(body.toString("utf8").replaceAll(secret, "[redacted]")) : bytes;
}

export function headersWithoutSecret(headers: Headers, secret: string | undefined): Headers {
  if (!secret || !Object.values(headers).some((value) => value.includes(secret))) return headers;
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value).replaceAll(secret, "[redacted]")]));
}
