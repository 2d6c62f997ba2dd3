/** Money is counted in whole pico-dollars (prices) and nano-dollars (costs); no amount is ever a float. */

/**
 * USD per million tokens, as price lists give it, in pico-dollars per token. The decimal text of the number is what was
 * published; its binary value is not. Undefined when it is finer than a pico-dollar, negative, or not a number.
 */
export const picoPerToken = (usdPerMillionTokens: number): bigint | undefined => timesPowerOfTen(usdPerMillionTokens, 6);

/** USD per thousand requests, in pico-dollars per request; undefined as for tokens. */
export const picoPerRequest = (usdPerThousandRequests: number): bigint | undefined => timesPowerOfTen(usdPerThousandRequests, 9);

/** Rounded half to even, so that a million rounded costs add up without a bias. */
export function nanoDollars(picoDollars: bigint): bigint {
  const rest = ((picoDollars % 1000n) + 1000n) % 1000n;
  const floor = (picoDollars - rest) / 1000n;
  const roundsUp = rest > 500n || (rest === 500n && floor % 2n !== 0n);
  return roundsUp ? floor + 1n : floor;
}

/** Dollars as plain decimal text that reads back exactly: 1_500_000n is `0.0015`. */
export function formatUsd(nano: bigint): string {
  const digits = String(nano < 0n ? -nano : nano).padStart(10, "0");
  const fraction = digits.slice(-9).replace(/0+$/, "");
  return `${nano < 0n ? "-" : ""}${digits.slice(0, -9)}${fraction && `.${fraction}`}`;
}

function timesPowerOfTen(value: number, power: number): bigint | undefined {
  const decimal = /^(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value));
  if (!decimal) return undefined;
  const [, whole = "", fraction = "", exponent = "0"] = decimal;
  const digits = BigInt(whole + fraction);
  const shift = power + Number(exponent) - fraction.length;
  if (shift >= 0) return digits * 10n ** BigInt(shift);
  const divisor = 10n ** BigInt(-shift);
  return digits % divisor === 0n ? digits / divisor : undefined;
}
