import { randomFillSync } from "node:crypto";

/** Crockford's alphabet: no letter that reads like a digit, and it sorts as the numbers do. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const TIME_DIGITS = 10;
const RANDOM_DIGITS = 16;

/** Random bytes are drawn in bulk: a draw costs a system call. */
const pool = new Uint8Array(4096);
let poolUsed = pool.length;

/** A sortable id with its kind in front, `req_01k…`: 48 bits of milliseconds, then 80 random bits. */
export function newId(prefix: string, nowMs: number): string {
  return `${prefix}_${timeDigits(nowMs)}${randomDigits(RANDOM_DIGITS)}`;
}

/** `length` characters of 5 random bits each; at most 4,096. */
function randomDigits(length: number): string {
  if (poolUsed + length > pool.length) {
    randomFillSync(pool);
    poolUsed = 0;
  }
  let digits = "";
  for (const end = poolUsed + length; poolUsed < end; poolUsed += 1) digits += ALPHABET[(pool[poolUsed] as number) & 31];
  return digits;
}

/** Five bits a character, most significant first; a last group short of five bits is padded with zeros. */
export function base32(bytes: Uint8Array): string {
  let digits = "";
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    for (; bits >= 5; bits -= 5) digits += ALPHABET[(held >> (bits - 5)) & 31];
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? digits + ALPHABET[(held << (5 - bits)) & 31] : digits;
}

function timeDigits(nowMs: number): string {
  let digits = "";
  for (let left = nowMs, place = 0; place < TIME_DIGITS; place += 1, left = Math.floor(left / 32)) digits = ALPHABET[left % 32] + digits;
  return digits;
}
