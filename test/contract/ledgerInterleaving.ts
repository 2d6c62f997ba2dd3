import fc from "fast-check";
import { expect } from "vitest";
import type { Ledger, Reserved } from "../../shared/ports/ports.ts";
import type { ManualClock } from "../support/manualClock.ts";
import { counterOf, holdOf, ledgerModel, MAX_INTEGER, SLOT_MS } from "./ledgerModel.ts";
import { type Open, testOf } from "./opened.ts";

export function anyInterleaving(open: Open<Ledger>, numRuns: number): void {
  const test = testOf(open);

  test("agrees with the model and stays within every limit", async ({ port, clock }) => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        runs += 1;
        const scene = sceneOf(port, clock, `run${runs}`);
        for (const each of steps) await scene(each);
      }),
      { numRuns },
    );
  });
}

const LIMIT = 100n;
const KINDS = ["spend", "occupy", "count"] as const;

type Step =
  | { readonly kind: "reserve"; readonly amounts: readonly (readonly [(typeof KINDS)[number], bigint])[]; readonly aheadMs: number }
  | { readonly kind: "settle"; readonly which: number; readonly percent: bigint }
  | { readonly kind: "advance"; readonly ms: number };

/** A call that crashes is one that is never settled. */
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("reserve"),
    amounts: fc.uniqueArray(fc.tuple(fc.constantFrom(...KINDS), fc.bigInt(0n, LIMIT + 1n)), { minLength: 1, selector: ([kind]) => kind }),
    aheadMs: fc.nat(2 * SLOT_MS),
  }),
  fc.record({ kind: fc.constant("settle"), which: fc.nat(), percent: fc.bigInt(0n, 100n) }),
  fc.record({ kind: fc.constant("advance"), ms: fc.nat(1.5 * SLOT_MS) }),
);

/** Does a step to the ledger and to the model, and compares them. */
function sceneOf(ledger: Ledger, clock: ManualClock, run: string): (step: Step) => Promise<void> {
  const model = ledgerModel();
  const open: { reserved: Reserved; booked: ReturnType<typeof model.book> }[] = [];
  const counters = Object.fromEntries(KINDS.map((kind) => [kind, counterOf(`${run} ${kind}`)]));

  const perform = async (step: Step): Promise<void> => {
    if (step.kind === "advance") {
      clock.advance(step.ms);
      // A late settlement may still count until somebody meets the passed slot; the model knows no such moment.
      await ledger.reserve(
        Object.values(counters).map((counter) => holdOf("count", 0n, MAX_INTEGER, counter)),
        clock.now(),
      );
    } else if (step.kind === "reserve") {
      const holds = step.amounts.map(([kind, amount]) => holdOf(kind, amount, LIMIT, counters[kind]));
      const reservation = await ledger.reserve(holds, clock.now() + step.aheadMs);
      expect(reservation.ok).toBe(model.allows(holds, clock.now()));
      if (reservation.ok) open.push({ reserved: reservation.reserved, booked: model.book(holds, reservation.reserved.slot) });
    } else {
      const [settled] = open.splice(step.which % Math.max(open.length, 1), 1);
      if (!settled) return;
      const actual = settled.reserved.holds.map(({ kind, amount }) => (kind === "occupy" ? 0n : (amount * step.percent) / 100n));
      await ledger.settle(settled.reserved, actual);
      model.settle(settled.booked, actual, clock.now());
    }
  };

  return async (step) => {
    await perform(step);
    const totals = await ledger.usage(Object.values(counters));
    expect(totals).toEqual(Object.values(counters).map((counter) => model.totalOf(counter, clock.now())));
    for (const total of totals) expect(total >= 0n && total <= LIMIT).toBe(true);
  };
}
