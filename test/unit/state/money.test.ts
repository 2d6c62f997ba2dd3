import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatUsd, nanoDollars, picoPerRequest, picoPerToken } from "../../../shared/state/money.ts";

/** A price as a decimal fraction, digits / 10^places, and the number that its text reads as. */
const decimalPrice = fc
  .record({ digits: fc.integer({ min: 0, max: 999_999_999 }), places: fc.integer({ min: 0, max: 12 }) })
  .map((decimal) => ({
    ...decimal,
    value: Number(`${decimal.digits}e-${decimal.places}`),
  }));

describe("picoPerToken", () => {
  test("is the exact quotient of the published decimal, or undefined where that is no whole pico-dollar", () => {
    fc.assert(
      fc.property(decimalPrice, ({ digits, places, value }) => {
        const numerator = BigInt(digits) * 1_000_000n;
        const denominator = 10n ** BigInt(places);
        expect(picoPerToken(value)).toBe(numerator % denominator === 0n ? numerator / denominator : undefined);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    [0, 0n],
    [0.15, 150_000n],
    [0.000001, 1n],
    [1e-6, 1n],
    [2.5e-5, 25n],
    [1e21, 10n ** 27n],
    [1.2e22, 12n * 10n ** 27n],
  ])("reads %d dollars a million as %d pico-dollars a token", (usd, pico) => {
    expect(picoPerToken(usd)).toBe(pico);
  });

  test.each([1e-7, 0.08333333333333334, 0.1 + 0.2, -1, Number.NaN, Number.POSITIVE_INFINITY])("has no exact price for %d", (usd) => {
    expect(picoPerToken(usd)).toBeUndefined();
  });
});

test("a price per thousand requests is a thousandth of it per request", () => {
  expect(picoPerRequest(12)).toBe(12_000_000_000n);
  expect(picoPerRequest(0.000000001)).toBe(1n);
});

describe("nanoDollars", () => {
  test("takes the nearest nano-dollar, and of two equally near the even one", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), (pico) => {
        const distance = nanoDollars(pico) * 1000n - pico;
        expect(distance >= -500n && distance <= 500n).toBe(true);
        if (distance === 500n || distance === -500n) expect(nanoDollars(pico) % 2n).toBe(0n);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    [499n, 0n],
    [500n, 0n],
    [501n, 1n],
    [1500n, 2n],
    [2500n, 2n],
    [-500n, 0n],
    [-1500n, -2n],
  ])("rounds %d pico-dollars to %d", (pico, nano) => {
    expect(nanoDollars(pico)).toBe(nano);
  });
});

describe("formatUsd", () => {
  test("reads back as the amount that was written", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), (nano) => {
        const [, sign, dollars, fraction = ""] = /^(-?)(\d+)(?:\.(\d*[1-9]))?$/.exec(formatUsd(nano)) ?? [];
        expect(BigInt(`${sign}${dollars}${fraction.padEnd(9, "0")}`)).toBe(nano);
      }),
    );
  });

  test.each([
    [0n, "0"],
    [1n, "0.000000001"],
    [1_500_000n, "0.0015"],
    [12_000_000_000n, "12"],
    [-250_000_000n, "-0.25"],
  ])("writes %d nano-dollars as %s", (nano, text) => {
    expect(formatUsd(nano)).toBe(text);
  });
});
