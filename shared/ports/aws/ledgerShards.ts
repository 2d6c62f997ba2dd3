import type { Counter, Hold } from "../ports.ts";
import {
  type CounterItem,
  isAlive,
  isExpired,
  lifeUntil,
  markOf,
  numberIn,
  occupiedInPast,
  rootOf,
  shardName,
  shardOf,
  sweep,
  takingFromRoot,
} from "./counterItems.ts";
import type { Change, Condition, CounterTable, Numbers } from "./counterTable.ts";
import { knownOutcome } from "./ledgerFailures.ts";

/**
 * How a limit is shared between the items of a hot counter. The root counts against the limit; a shard only has credit
 * that the root has already counted, so whatever races, all items together never pass the limit. Credit moves in two
 * writes that may lie apart: the giver adds to what it ever gave, then the receiver catches up with that number, under
 * the condition that nobody did so before. So what is on its way can be seen by all, anybody can finish it, and nothing
 * is lost or counted twice if whoever began it dies. A hold that no item can take alone is taken by the root, after all
 * credit was brought back to it; and a hold is refused only when what is left in all items together is too little.
 */
export interface Sight {
  readonly counter: Counter;
  readonly root: Numbers | undefined;
  readonly shards: readonly SeenShard[];
  /** What was spent or is held, wherever it stands; without what passed slots occupied. */
  readonly spent: bigint;
}
interface SeenShard {
  readonly name: string;
  readonly expiresAt: number;
  readonly item: CounterItem;
  readonly numbers: Numbers | undefined;
}

/** Everything that one step on a counter needs. */
export interface Scene {
  readonly table: CounterTable;
  readonly now: number;
  readonly signal: AbortSignal;
}

/** The root first: then credit that moves in between is seen on its way, and never missed. */
export async function look({ table, now, signal }: Scene, counter: Counter, seenRoot?: Numbers): Promise<Sight> {
  const root = seenRoot ?? (await table.read(rootOf(counter).pk, signal));
  if (!root || isExpired(root, now)) return { counter, root, shards: [], spent: 0n };
  const shards = await Promise.all(
    livingShards(root, now).map(async (shard): Promise<SeenShard> => {
      const item = shardOf(counter, shard.name);
      return { ...shard, item, numbers: await table.read(item.pk, signal) };
    }),
  );
  const unspent = shards.reduce((sum, shard) => sum + unspentOf(root, shard) + occupiedInPast(shard.numbers ?? {}, now), 0n);
  return { counter, root, shards, spent: numberIn(root, "total") - occupiedInPast(root, now) - unspent };
}

const GIVEN = /^given(\d+@(\d+))$/;

/** A shard that expired before its root may be deleted at any moment: its credit counts as spent. */
function livingShards(root: Numbers, now: number): readonly Pick<SeenShard, "name" | "expiresAt">[] {
  return Object.keys(root)
    .map((attribute) => GIVEN.exec(attribute) ?? [])
    .flatMap(([, name, expiresAt]) => (name === undefined ? [] : [{ name, expiresAt: Number(expiresAt) }]))
    .filter(({ expiresAt }) => expiresAt > now);
}

/** With how many shards others are using this counter already. */
export const shardsKnownTo = (root: Numbers | undefined, now: number): number =>
  Math.max(1, ...livingShards(root ?? {}, now).map(({ name }) => Number.parseInt(name, 10)));

function unspentOf(root: Numbers, { name, numbers }: SeenShard): bigint {
  const coming = numberIn(root, `given${name}`) - numberIn(numbers, "received");
  const going = numberIn(numbers, "returned") - numberIn(root, `taken${name}`);
  return numberIn(numbers, "room") + coming + going;
}

/** Lets go of an expired counter and of the slots that passed. Gives whether there was anything, and so a reason to look again. */
export async function tidy({ table, now, signal }: Scene, { counter, root, shards }: Sight): Promise<boolean> {
  if (!root) return false;
  if (isExpired(root, now)) {
    await table.removeExpired(rootOf(counter).pk, now, signal);
    return true;
  }
  const items = [{ item: rootOf(counter), numbers: root }, ...shards];
  const swept = await Promise.all(items.map(({ item, numbers }) => sweep(table, item, numbers ?? {}, now, signal)));
  return swept.includes(true);
}

/** In shards that end at another moment than is asked for now: they would take it with them, so it is brought back first. */
export const hasStrandedCredit = ({ counter, root, shards }: Sight): boolean =>
  root !== undefined && shards.some((shard) => shard.expiresAt !== counter.expiresAt && unspentOf(root, shard) !== 0n);

/** Each refill takes one part in twice as many as there are shards of what is left, so that a tight limit stays shared to its end. */
export const creditFor = ({ limit }: Hold, { root }: Sight, shards: number): bigint =>
  (limit - numberIn(root, "total")) / BigInt(2 * shards);

/** Gives credit to a shard, and takes the hold from it in the write with which the credit arrives. */
export async function takeWithCredit(
  { table, now, signal }: Scene,
  hold: Hold,
  slot: number,
  { number, credit, sight }: Refill,
): Promise<boolean> {
  const name = shardName(number, hold.counter);
  const given = await table.update(
    rootOf(hold.counter).pk,
    {
      add: { total: credit, [`given${name}`]: credit },
      set: lifeUntil(hold.counter.expiresAt),
      when: [{ attribute: "total", is: "<=", than: hold.limit - credit, orAbsent: true }, isAlive(now)],
    },
    signal,
  );
  if (!given.done) return false;
  const numbers = sight.shards.find((shard) => shard.name === name)?.numbers;
  const received = numberIn(given.item, `given${name}`);
  const arriving = received - numberIn(numbers, "received");
  const change: Change = {
    add: { room: arriving - hold.amount, ...markOf(hold, slot) },
    set: { received, limit: hold.limit, ...lifeUntil(hold.counter.expiresAt) },
    when: [unchanged(numbers, "received")],
  };
  return (await knownOutcome(hold, table.update(shardOf(hold.counter, name).pk, change, signal))).done;
}

interface Refill {
  readonly number: number;
  readonly credit: bigint;
  readonly sight: Sight;
}

const unchanged = (numbers: Numbers | undefined, attribute: string): Condition => {
  const seen = numbers?.[attribute];
  return seen === undefined ? { attribute, is: "absent" } : { attribute, is: "=", than: seen };
};

/** Brings all credit back to the root and takes the hold there, exactly. */
export async function takeGathered(scene: Scene, hold: Hold, slot: number, sight: Sight): Promise<boolean> {
  const { back, set, when } = await sendBack(scene, sight);
  const taking = takingFromRoot(hold, slot, scene.now, back);
  const change: Change = { ...taking, set: { ...taking.set, ...set }, when: [...taking.when, ...when] };
  return (await knownOutcome(hold, scene.table.update(rootOf(hold.counter).pk, change, scene.signal))).done;
}

/** Brings all credit back, so that nobody goes on with it under a limit that is already passed. */
export async function gather(scene: Scene, counter: Counter): Promise<void> {
  const sight = await look(scene, counter);
  const { back, set, when } = await sendBack(scene, sight);
  if (back !== 0n) await scene.table.update(rootOf(counter).pk, { add: { total: -back }, set, when }, scene.signal);
}

interface Returning {
  readonly back: bigint;
  readonly set: Numbers;
  readonly when: readonly Condition[];
}

/** The shards send back what they have; what the root has to do about it comes as the parts of its next write. */
async function sendBack(scene: Scene, { root, shards }: Sight): Promise<Returning> {
  const returned = await Promise.all(shards.map((shard) => drain(scene, root, shard)));
  const returning = shards.flatMap(({ name }, index) => {
    const [attribute, total] = [`taken${name}`, returned[index] ?? 0n];
    return total === numberIn(root, attribute) ? [] : [{ attribute, total }];
  });
  return {
    back: returning.reduce((sum, { attribute, total }) => sum + total - numberIn(root, attribute), 0n),
    set: Object.fromEntries(returning.map(({ attribute, total }) => [attribute, total])),
    when: returning.map(({ attribute }) => unchanged(root, attribute)),
  };
}

/** Gives all that a shard has ever sent back. Somebody else may be using it: then it keeps what it has for now. */
async function drain({ table, signal }: Scene, root: Numbers | undefined, { name, expiresAt, item, numbers }: SeenShard): Promise<bigint> {
  const [given, received] = [numberIn(root, `given${name}`), numberIn(numbers, "received")];
  const coming = given > received ? given - received : 0n;
  const rest = numberIn(numbers, "room") + coming;
  if (rest === 0n) return numberIn(numbers, "returned");
  const change: Change = {
    add: { returned: rest },
    set: { room: 0n, received: received + coming, ...lifeUntil(expiresAt) },
    when: [unchanged(numbers, "received"), unchanged(numbers, "room")],
  };
  const drained = await table.update(item.pk, change, signal);
  return numberIn(drained.done ? drained.item : numbers, "returned");
}
