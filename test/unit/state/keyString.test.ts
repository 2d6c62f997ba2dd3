import fc from "fast-check";
import { expect, test } from "vitest";
import { ADOPTED_MIN_LENGTH, generateKey, hashOf, readKeyString } from "../../../shared/state/keyString.ts";

const NOW = Date.UTC(2026, 0, 1);
const characters = fc.constantFrom(..."0123456789abcdefghijklmnopqrstuvwxyzABCXYZ_-. é\u0000");

test("a generated key reads back as its own id", () => {
  const { id, secret } = generateKey(NOW);
  expect(secret).toMatch(/^gate_[0-9a-z]{26}_[0-9a-z]{58}$/);
  expect(readKeyString(secret)).toEqual({ kind: "generated", id });
});

test("no two keys are alike, and later ones sort behind", () => {
  const secrets = Array.from({ length: 1000 }, () => generateKey(NOW).secret);
  expect(new Set(secrets).size).toBe(1000);
  expect(generateKey(NOW + 1).id > generateKey(NOW).id).toBe(true);
});

test("a generated key with one character changed is none", () => {
  const { secret } = generateKey(NOW);
  fc.assert(
    fc.property(fc.nat(secret.length - 1), characters, (position, character) => {
      fc.pre(secret[position] !== character);
      const changed = secret.slice(0, position) + character + secret.slice(position + 1);
      expect(readKeyString(changed).kind).not.toBe("generated");
      if (changed.startsWith("gate_")) expect(readKeyString(changed).kind).toBe("impossible");
    }),
    { numRuns: 2000 },
  );
});

test("a generated key that was cut, extended or turned around in two places is none", () => {
  const { secret } = generateKey(NOW);
  for (let length = 5; length < secret.length; length += 1) expect(readKeyString(secret.slice(0, length)).kind).toBe("impossible");
  fc.assert(
    fc.property(fc.string({ unit: characters, minLength: 1, maxLength: 4 }), (more) => {
      expect(readKeyString(secret + more).kind).toBe("impossible");
    }),
  );
  fc.assert(
    fc.property(fc.integer({ min: 5, max: secret.length - 2 }), (position) => {
      const [first, second] = [secret[position], secret[position + 1]];
      fc.pre(first !== second);
      expect(readKeyString(`${secret.slice(0, position)}${second}${first}${secret.slice(position + 2)}`).kind).toBe("impossible");
    }),
  );
});

test("any other string can be adopted if it is too long to guess", () => {
  expect(readKeyString("x".repeat(ADOPTED_MIN_LENGTH))).toEqual({ kind: "adoptable" });
  expect(readKeyString("x".repeat(ADOPTED_MIN_LENGTH - 1))).toEqual({ kind: "impossible" });
  expect(readKeyString("")).toEqual({ kind: "impossible" });
});

test("a hash is SHA-256 in hex, and opens nothing itself", () => {
  expect(hashOf("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  expect(hashOf(hashOf("abc"))).not.toBe(hashOf("abc"));
});
