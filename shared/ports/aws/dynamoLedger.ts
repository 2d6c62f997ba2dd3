import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { type Deadline, DeadlineExceeded } from "../deadline.ts";
import type { Clock, Counter, Hold, Ledger, Reservation } from "../ports.ts";
import { counterTable } from "./counterTable.ts";
import { hotCounters } from "./hotCounters.ts";
import { UnknownOutcome } from "./ledgerFailures.ts";
import type { Scene } from "./ledgerShards.ts";
import { type PlacedHold, settleHold, type Taken, take, totalOf } from "./ledgerSteps.ts";

const SLOT_MS = 300_000;
const MAX_INTEGER = 2n ** 63n - 1n;

interface DynamoLedgerOptions {
  /** `ms` for a whole `reserve` or `usage`; `firstMs` for the first of them, and for each write of `settle`, since nobody waits for it. */
  readonly deadline: Deadline;
  /** What could not be given back although its call was refused: to be recorded as if it had been thrown. */
  readonly report: (unknown: UnknownOutcome) => void;
  /** How many shards every counter begins with. */
  readonly shards?: number;
}

/**
 * One item a counter and window, and one conditional write a hold, all at once. `client` must not retry (`ledgerClient`):
 * a write whose outcome is unknown is never sent again and rejects with `UnknownOutcome`. A counter that is throttled is
 * spread on shards (`ledgerShards.ts`). Deadlines are kept in here: under `ledgerWithDeadline` a hold could be taken
 * after its caller had given up.
 */
export function dynamoLedger(client: DynamoDBClient, tableName: string, clock: Clock, options: DynamoLedgerOptions): Ledger {
  const { deadline, report, shards = 1 } = options;
  const table = counterTable(client, tableName);
  const hot = hotCounters(shards);
  const within = limiter(deadline);
  const sceneUntil = (signal: AbortSignal): Scene => ({ table, now: clock.now(), signal });
  const settleOne = (hold: Hold, slot: number, actual: bigint) =>
    settleHold(() => sceneUntil(AbortSignal.timeout(deadline.firstMs)), hold, slot, actual);

  const takeAll = async (holds: readonly Hold[], slot: number, scene: Scene): Promise<Reservation> => {
    const results = await Promise.allSettled(holds.map((hold) => take(scene, hot, hold, slot)));
    const { placed, refusal, failures } = sorted(results);
    if (placed.length === holds.length) return { ok: true, reserved: { holds: placed, slot } };
    const givenBack = await Promise.allSettled(placed.map((hold) => settleOne(hold, slot, 0n)));
    const unknown = unknownOf(
      failures,
      placed.filter((_, index) => givenBack[index]?.status === "rejected"),
    );
    // A call that some limit refuses is refused, whatever else went wrong.
    if (!refusal) throw unknown ?? failures[0];
    if (unknown) report(unknown);
    return { ok: false, ...refusal };
  };

  return {
    async reserve(holds, until) {
      holds.forEach(assertExact);
      const slot = (Math.floor(until / SLOT_MS) + 1) * SLOT_MS;
      return within(async (signal): Promise<Reservation> => {
        const tooLarge = holds.find(({ amount, limit }) => amount > limit);
        if (!tooLarge) return takeAll(holds, slot, sceneUntil(signal));
        return { ok: false, refusedBy: holds.indexOf(tooLarge), total: await totalOf(sceneUntil(signal), tooLarge.counter) };
      });
    },
    async settle({ holds, slot }, actual) {
      const amounts = holds.map(({ counter }, index) => exact(actual[index], counter));
      const settled = await Promise.allSettled(holds.map((hold, index) => settleOne(hold, slot, amounts[index] ?? 0n)));
      const failures = settled.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
      if (failures.length > 0) throw unknownOf(failures, []) ?? failures[0];
    },
    usage: (counters) => within((signal) => Promise.all(counters.map((counter) => totalOf(sceneUntil(signal), counter)))),
  };
}

interface Sorted {
  readonly placed: readonly PlacedHold[];
  readonly refusal: { readonly refusedBy: number; readonly total: bigint } | undefined;
  readonly failures: readonly unknown[];
}

function sorted(results: readonly PromiseSettledResult<Taken>[]): Sorted {
  const taken = results.map((result) => (result.status === "fulfilled" ? result.value : undefined));
  const refusedBy = taken.findIndex((each) => each?.ok === false);
  const refused = taken[refusedBy];
  return {
    placed: taken.flatMap((each) => (each?.ok ? [each.hold] : [])),
    refusal: refused?.ok === false ? { refusedBy, total: refused.total } : undefined,
    failures: results.flatMap((result) => (result.status === "rejected" ? [result.reason] : [])),
  };
}

/** All that may stand in a counter without a call; undefined when there is nothing of that kind. */
function unknownOf(failures: readonly unknown[], notGivenBack: readonly Hold[]): UnknownOutcome | undefined {
  const unknown = failures.filter((failure) => failure instanceof UnknownOutcome);
  const holds = [...unknown.flatMap((failure) => failure.holds), ...notGivenBack];
  return holds.length === 0 ? undefined : new UnknownOutcome(holds, unknown[0]?.cause ?? failures[0]);
}

type Within = <Value>(work: (signal: AbortSignal) => Promise<Value>) => Promise<Value>;

function limiter({ firstMs, ms }: Deadline): Within {
  let limitMs = firstMs;
  return async (work) => {
    const [limit, signal] = [limitMs, AbortSignal.timeout(limitMs)];
    try {
      return await work(signal);
    } catch (error) {
      // What was under way when the time came is unknown, and says so.
      throw signal.aborted && !(error instanceof UnknownOutcome) ? new DeadlineExceeded("ledger", limit) : error;
    } finally {
      limitMs = ms;
    }
  };
}

function assertExact({ counter, amount, limit }: Hold): void {
  exact(amount, counter);
  exact(limit, counter);
}

function exact(value: bigint | undefined, { id }: Counter): bigint {
  if (value === undefined || value < 0n || value > MAX_INTEGER)
    throw new RangeError(`counter ${id} cannot count ${value}: not in 0 to 2^63 - 1`);
  return value;
}
