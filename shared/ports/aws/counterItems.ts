import type { Counter, Hold } from "../ports.ts";
import type { Change, Condition, CounterTable, Numbers } from "./counterTable.ts";

/**
 * One item of a counter in one window, all of integers:
 *
 * root   `total`           what was spent or is held, and all credit that went to shards and has not come back
 *        `given<shard>`    all that ever went to a shard
 *        `taken<shard>`    all that ever came back from it
 * shard  `room`            the credit that is left here
 *        `received`        how much of `given<shard>` has arrived
 *        `returned`        all that was ever sent back
 *        `limit`           under which limit its credit was given
 * both   `h<slot>`, `o<slot>`  what is held by `spend` and by `occupy` until that moment; `expiresAt` (ms), `ttl` (s)
 */
export interface CounterItem {
  readonly pk: string;
  readonly kind: "root" | "shard";
}

export const rootOf = ({ id, window }: Counter): CounterItem => ({ pk: `ledger#${id}#${window}`, kind: "root" });

/** `2@1735693200000`: its moment of expiry is in it, so that what shards were given in an earlier life is never seen in a later one. */
export const shardName = (number: number, { expiresAt }: Counter): string => `${number}@${expiresAt}`;

export const shardOf = (counter: Counter, name: string): CounterItem => ({ pk: `${rootOf(counter).pk}#${name}`, kind: "shard" });

/** The root has the number 0. */
export const itemOf = (counter: Counter, number: number): CounterItem =>
  number === 0 ? rootOf(counter) : shardOf(counter, shardName(number, counter));

export const numberIn = (item: Numbers | undefined, attribute: string): bigint => item?.[attribute] ?? 0n;

export const isExpired = (item: Numbers, now: number): boolean => numberIn(item, "expiresAt") <= BigInt(now);

/** `ttl` is when DynamoDB may delete, which takes days: expiry is checked on every read and write. */
export const lifeUntil = (expiresAt: number): Numbers => ({
  expiresAt: BigInt(expiresAt),
  ttl: BigInt(Math.ceil(expiresAt / 1000)),
});

export const isAlive = (now: number): Condition => ({ attribute: "expiresAt", is: ">", than: BigInt(now), orAbsent: true });

/** Where it stands how much of a hold must still be settled; a `count` is final at once. */
const markerOf = ({ kind }: Hold, slot: number): string | undefined =>
  kind === "count" ? undefined : `${kind === "spend" ? "h" : "o"}${slot}`;

/** What a hold adds to the item that takes it. */
export const markOf = (hold: Hold, slot: number): Numbers => {
  const marker = markerOf(hold, slot);
  return marker === undefined ? {} : { [marker]: hold.amount };
};

/** Takes a hold from the root, which gets `back` from its shards in the same write. */
export const takingFromRoot = (hold: Hold, slot: number, now: number, back = 0n) =>
  ({
    add: { total: hold.amount - back, ...markOf(hold, slot) },
    set: lifeUntil(hold.counter.expiresAt),
    when: [{ attribute: "total", is: "<=", than: hold.limit - hold.amount + back, orAbsent: true }, isAlive(now)],
  }) satisfies Change;

/** Takes a hold from a shard, which counts what is left, since no condition can compare with a difference. */
export const takingFromShard = (hold: Hold, slot: number): Change => ({
  add: { room: -hold.amount, ...markOf(hold, slot) },
  when: [
    { attribute: "room", is: ">=", than: hold.amount },
    { attribute: "limit", is: "=", than: hold.limit },
  ],
});

/** Puts the actual amount in place of what was held, unless the slot was swept. */
export function settling(hold: Hold, slot: number, { kind }: CounterItem, actual: bigint): Change {
  const marker = markerOf(hold, slot);
  const counted = kind === "root" ? "total" : "room";
  const difference = kind === "root" ? actual - hold.amount : hold.amount - actual;
  return {
    add: { [counted]: difference, ...(marker === undefined ? {} : { [marker]: -hold.amount }) },
    when: [{ attribute: marker ?? counted, is: "present" }],
  };
}

/** What the passed slots of an item still hold for `occupy`: it belongs to nobody any more. */
export function occupiedInPast(item: Numbers, now: number): bigint {
  return pastMarkers(item, now).reduce((sum, [name, held]) => (name.startsWith("o") ? sum + held : sum), 0n);
}

/** Removes the passed slots of an item, each only if it still holds what was seen. Gives whether there were any. */
export async function sweep(
  table: CounterTable,
  { pk, kind }: CounterItem,
  item: Numbers,
  now: number,
  signal: AbortSignal,
): Promise<boolean> {
  const past = pastMarkers(item, now);
  if (past.length === 0) return false;
  const occupied = occupiedInPast(item, now);
  const change: Change = {
    add: kind === "root" ? { total: -occupied } : { room: occupied },
    remove: past.map(([name]) => name),
    when: past.map(([attribute, than]) => ({ attribute, is: "=", than })),
  };
  await table.update(pk, change, signal);
  return true;
}

const MARKER = /^[ho](\d+)$/;

const pastMarkers = (item: Numbers, now: number): readonly (readonly [string, bigint])[] =>
  Object.entries(item).filter(([name]) => {
    const slot = MARKER.exec(name)?.[1];
    return slot !== undefined && Number(slot) <= now;
  });
