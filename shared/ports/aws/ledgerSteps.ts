import type { Counter, Hold } from "../ports.ts";
import { itemOf, numberIn, rootOf, settling, sweep, takingFromRoot, takingFromShard } from "./counterItems.ts";
import type { Changed } from "./counterTable.ts";
import type { HotCounters } from "./hotCounters.ts";
import { isThrottled, knownOutcome } from "./ledgerFailures.ts";
import {
  creditFor,
  gather,
  hasStrandedCredit,
  look,
  type Scene,
  shardsKnownTo,
  takeGathered,
  takeWithCredit,
  tidy,
} from "./ledgerShards.ts";
import { pause } from "./pause.ts";

/** A hold that was taken, and from which item. It goes to the caller and comes back to be settled. */
export interface PlacedHold extends Hold {
  readonly shard: number;
}
export type Taken = { readonly ok: true; readonly hold: PlacedHold } | { readonly ok: false; readonly total: bigint };

/** In each round of a race at least one is served or refused; a round that is lost means that somebody else was faster. */
const MAX_ROUNDS = 32;

export async function take(scene: Scene, hot: HotCounters, hold: Hold, slot: number): Promise<Taken> {
  let throttled: unknown;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    // Where others are in the way: they are done sooner than this one comes back.
    if (round > 1) await pause(2 * round, scene.signal);
    const shards = hot.count(hold.counter);
    try {
      const taken = await tryToTake(scene, hot, hold, slot);
      if (taken) return taken;
    } catch (error) {
      if (!isThrottled(error)) throw error;
      throttled = error;
      hot.raise(hold.counter, shards);
    }
  }
  throw throttled ?? new Error(`the counter ${hold.counter.id} is written by too many at once`);
}

/** undefined: something was in the way, and is there no longer. */
async function tryToTake(scene: Scene, hot: HotCounters, hold: Hold, slot: number): Promise<Taken | undefined> {
  const { counter, amount, limit } = hold;
  const shards = hot.count(counter);
  const number = shards === 1 ? 0 : 1 + Math.floor(Math.random() * shards);
  const taken = (shard: number): Taken => ({ ok: true, hold: { ...hold, shard } });

  const first = await takeFrom(scene, hold, slot, number);
  if (first.done) {
    if (number === 0) hot.learn(counter, shardsKnownTo(first.item, scene.now));
    return taken(number);
  }
  const sight = await look(scene, counter, number === 0 ? first.item : undefined);
  if (await tidy(scene, sight)) return undefined;
  hot.learn(counter, shardsKnownTo(sight.root, scene.now));
  if (sight.spent + amount > limit) return { ok: false, total: sight.spent };
  const credit = creditFor(hold, sight, shards);
  if (number > 0 && credit >= amount && !hasStrandedCredit(sight))
    return (await takeWithCredit(scene, hold, slot, { number, credit, sight })) ? taken(number) : undefined;
  return (await takeGathered(scene, hold, slot, sight)) ? taken(0) : undefined;
}

async function takeFrom({ table, now, signal }: Scene, hold: Hold, slot: number, number: number): Promise<Changed> {
  const item = itemOf(hold.counter, number);
  const change = number === 0 ? takingFromRoot(hold, slot, now) : takingFromShard(hold, slot);
  const changed = await knownOutcome(hold, table.update(item.pk, change, signal));
  // The hold is taken whatever becomes of the passed slots: the next one meets them again.
  if (changed.done) await sweep(table, item, changed.item, now, signal).catch(() => undefined);
  return changed;
}

/** What was held in a slot that has passed is already spent or given back: there is nothing left to settle. */
export async function settleHold(scene: () => Scene, hold: Hold, slot: number, actual: bigint): Promise<void> {
  const { counter, kind, amount, limit } = hold;
  if (kind === "count" && actual === amount) return;
  const shard = "shard" in hold && typeof hold.shard === "number" ? hold.shard : 0;
  const item = itemOf(counter, shard);
  // A shard has no credit for more than was held: the rest is counted by the root.
  const excess = shard > 0 && actual > amount ? actual - amount : 0n;
  const change = settling(hold, slot, item, actual - excess);
  const settled = await written(scene, hold, ({ table, signal }) => table.update(item.pk, change, signal));
  if (!settled.done || actual <= amount) return;
  const root =
    excess === 0n ? settled : await written(scene, hold, ({ table, signal }) => table.update(rootOf(counter).pk, spending(excess), signal));
  if (root.done && numberIn(root.item, "total") > limit) await gather(scene(), counter);
}

const spending = (amount: bigint) => ({ add: { total: amount }, when: [{ attribute: "total", is: "present" }] }) as const;

/** A throttled write was not done, so that it can be sent again: for about a second, since nobody waits for a settlement. */
async function written<Value>(scene: () => Scene, hold: Hold, write: (scene: Scene) => Promise<Value>): Promise<Value> {
  for (let waitMs = 20; ; waitMs *= 2) {
    try {
      return await knownOutcome(hold, write(scene()));
    } catch (error) {
      if (!isThrottled(error) || waitMs > 640) throw error;
      await pause(waitMs);
    }
  }
}

export async function totalOf(scene: Scene, counter: Counter): Promise<bigint> {
  const sight = await look(scene, counter);
  // Whoever may only read, such as somebody who shows a budget, still sees what is left without the passed slots.
  await tidy(scene, sight).catch(() => undefined);
  return sight.spent;
}
