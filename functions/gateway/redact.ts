/** Things that look like keys, wherever they come from. */
const KEY_SHAPES = /\b(gate_[0-9a-z]{8,}_[0-9a-z]{20,}|sk-[\w-]{16,}|(?:Bearer|Basic)\s+[\w.~+/=-]{12,}|AKIA[0-9A-Z]{16}|AIza[\w-]{30,})/g;

/** The text without the secrets given and without anything that looks like a key. */
export function redact(text: string, secrets: readonly (string | undefined)[]): string {
  const known = secrets.reduce<string>((masked, secret) => (secret ? masked.replaceAll(secret, "[redacted]") : masked), text);
  return known.replace(KEY_SHAPES, "[redacted]");
}
