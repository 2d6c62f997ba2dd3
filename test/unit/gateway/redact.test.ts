import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { headersWithoutSecret, redact, withoutSecret } from "../../../functions/gateway/redact.ts";
import { generateKey } from "../../../shared/state/keyString.ts";

const secret = fc.string({ minLength: 12, maxLength: 60 }).filter((text) => text.trim() === text && !"[redacted]".includes(text));

test("a secret that is known is nowhere in the text, wherever it stood", () => {
  fc.assert(
    fc.property(secret, fc.array(fc.string({ maxLength: 10 })), (known, pieces) => {
      expect(redact(pieces.join(known), [known, undefined])).not.toContain(known);
    }),
  );
});

test.each([
  generateKey(Date.now()).secret,
  "sk-proj-0123456789abcdefABCDEF",
  "Bearer abcdefghijklmnop",
  "Basic dXNlcjpwYXNzd29yZA==",
  "AKIAIOSFODNN7EXAMPLE",
  "AIzaSyA-0123456789abcdefghijklmnopqrstu",
])("what looks like a key goes, although nobody knows it: %s", (key) => {
  expect(redact(`before ${key}, after`, [])).toBe("before [redacted], after");
});

test.each(["gpt-4o", "a risk-free task", "task-force-of-the-union", "the bearer of good news", "gate_", "sk-short"])(
  "what does not look like one stays: %s",
  (text) => {
    expect(redact(text, [])).toBe(text);
  },
);

describe("a provider's body", () => {
  test("is the same bytes where the secret is not in it", () => {
    const bytes = Buffer.from("an answer");
    expect(withoutSecret(bytes, "sk-the-secret")).toBe(bytes);
    expect(withoutSecret(bytes, undefined)).toBe(bytes);
  });

  test("loses every occurrence of it", () => {
    expect(Buffer.from(withoutSecret(Buffer.from("é s3cret and s3cret"), "s3cret")).toString()).toBe("é [redacted] and [redacted]");
  });
});

test("headers lose it too, and are the same object where it is not there", () => {
  const headers = { "x-debug": "Bearer s3cret", "content-type": "text/plain" };
  expect(headersWithoutSecret(headers, "s3cret")).toEqual({ "x-debug": "Bearer [redacted]", "content-type": "text/plain" });
  expect(headersWithoutSecret(headers, "other")).toBe(headers);
  expect(headersWithoutSecret(headers, undefined)).toBe(headers);
});
