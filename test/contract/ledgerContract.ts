import { describe, expect } from "vitest";
import type { Clock, Hold, Ledger, Reserved } from "../../shared/ports/ports.ts";
import { anyInterleaving } from "./ledgerInterleaving.ts";
import { counterOf, holdOf, MAX_INTEGER, SLOT_MS } from "./ledgerModel.ts";
import { type Open, testOf } from "./opened.ts";

/** `interleavings`: how many random histories are tried; fewer where each step is a round trip. */
export function describeLedger(name: string, open: Open<Ledger>, { interleavings = 200 } = {}): void {
  describe(`${name} as a ledger: limits`, () => limits(open));
  describe(`${name} as a ledger: settling`, () => settling(open));
  describe(`${name} as a ledger: slots and expiry`, () => slotsAndExpiry(open));
  describe(`${name} as a ledger: any interleaving`, () => anyInterleaving(open, interleavings));
}

function limits(open: Open<Ledger>): void {
  const test = testOf(open);

  test("starts every counter at nothing", async ({ port }) => {
    expect(await port.usage([counterOf("a"), counterOf("b")])).toEqual([0n, 0n]);
    expect(await port.usage([])).toEqual([]);
  });

  test("fills a counter up to its limit and tells who refuses, and at what total", async ({ port, clock }) => {
    expect(await port.reserve([holdOf("spend", 60n, 100n)], clock.now())).toMatchObject({ ok: true });
    expect(await port.reserve([holdOf("spend", 41n, 100n)], clock.now())).toEqual({ ok: false, refusedBy: 0, total: 60n });
    expect(await port.reserve([holdOf("spend", 40n, 100n)], clock.now())).toMatchObject({ ok: true });
    expect(await port.usage([counterOf("spend")])).toEqual([100n]);
  });

  test("refuses an amount above its limit even on an empty counter", async ({ port, clock }) => {
    for (const kind of ["spend", "occupy", "count"] as const)
      expect(await port.reserve([holdOf(kind, 11n, 10n)], clock.now())).toEqual({ ok: false, refusedBy: 0, total: 0n });
  });

  test("keeps windows of one counter apart", async ({ port, clock }) => {
    const february = { ...counterOf("spend"), window: "2025-02" };
    await port.reserve([holdOf("spend", 10n, 10n)], clock.now());
    expect(await port.reserve([holdOf("spend", 10n, 10n, february)], clock.now())).toMatchObject({ ok: true });
  });

  test("takes all holds or none", async ({ port, clock }) => {
    const [a, b, c] = [counterOf("a"), counterOf("b"), counterOf("c")];
    await port.reserve([holdOf("spend", 5n, 10n, b)], clock.now());
    const refused = await port.reserve(
      [holdOf("count", 1n, 10n, a), holdOf("spend", 6n, 10n, b), holdOf("occupy", 1n, 10n, c)],
      clock.now(),
    );
    expect(refused).toEqual({ ok: false, refusedBy: 1, total: 5n });
    expect(await port.usage([a, b, c])).toEqual([0n, 5n, 0n]);
  });

  test("reserves nothing at once when there is nothing to hold", async ({ port, clock }) => {
    expect(await port.reserve([], clock.now())).toMatchObject({ ok: true });
  });

  for (const kind of ["spend", "occupy", "count"] as const)
    test(`lets exactly 50 of 200 racing reservations pass where 50 fit (${kind})`, async ({ port, clock }) => {
      const racing = await Promise.all(Array.from({ length: 200 }, () => port.reserve([holdOf(kind, 2n, 101n)], clock.now())));
      expect(racing.filter(({ ok }) => ok)).toHaveLength(50);
      expect(await port.usage([counterOf(kind)])).toEqual([100n]);
    });

  test("counts exactly beyond what a float can", async ({ port, clock }) => {
    await port.reserve([holdOf("spend", 2n ** 53n, MAX_INTEGER)], clock.now());
    await port.reserve([holdOf("spend", 1n, MAX_INTEGER)], clock.now());
    expect(await port.usage([counterOf("spend")])).toEqual([2n ** 53n + 1n]);
    expect(await port.reserve([holdOf("spend", MAX_INTEGER, MAX_INTEGER)], clock.now())).toEqual({
      ok: false,
      refusedBy: 0,
      total: 2n ** 53n + 1n,
    });
    expect(await port.reserve([holdOf("count", MAX_INTEGER, MAX_INTEGER)], clock.now())).toMatchObject({ ok: true });
    expect(await port.usage([counterOf("count")])).toEqual([MAX_INTEGER]);
  });

  test("rejects amounts that no counter can hold, and changes nothing", async ({ port, clock }) => {
    for (const amount of [-1n, MAX_INTEGER + 1n])
      await expect(port.reserve([holdOf("spend", amount, MAX_INTEGER + 5n)], clock.now())).rejects.toThrow(RangeError);
    const reserved = await reserve(port, clock, [holdOf("spend", 5n, 10n), holdOf("count", 5n, 10n)]);
    await expect(port.settle(reserved, [3n, -1n])).rejects.toThrow(RangeError);
    await expect(port.settle(reserved, [3n])).rejects.toThrow(RangeError);
    expect(await port.usage([counterOf("spend"), counterOf("count")])).toEqual([5n, 5n]);
  });
}

function settling(open: Open<Ledger>): void {
  const test = testOf(open);

  test("leaves the actual amount in place of what was held", async ({ port, clock }) => {
    const reserved = await reserve(port, clock, [holdOf("spend", 80n, 100n), holdOf("occupy", 1n, 1n)]);
    await port.settle(reserved, [30n, 0n]);
    expect(await port.usage([counterOf("spend"), counterOf("occupy")])).toEqual([30n, 0n]);
    expect(await port.reserve([holdOf("spend", 70n, 100n), holdOf("occupy", 1n, 1n)], clock.now())).toMatchObject({ ok: true });
  });

  test("releases a count that is settled with nothing", async ({ port, clock }) => {
    const reserved = await reserve(port, clock, [holdOf("count", 1n, 5n)]);
    await reserve(port, clock, [holdOf("count", 1n, 5n)]);
    await port.settle(reserved, [0n]);
    expect(await port.usage([counterOf("count")])).toEqual([1n]);
  });

  test("tells the truth when more was spent than was held", async ({ port, clock }) => {
    const reserved = await reserve(port, clock, [holdOf("spend", 10n, 100n)]);
    await port.settle(reserved, [150n]);
    expect(await port.reserve([holdOf("spend", 1n, 100n)], clock.now())).toEqual({ ok: false, refusedBy: 0, total: 150n });
  });

  test("settles reservations of one counter apart from one another", async ({ port, clock }) => {
    const first = await reserve(port, clock, [holdOf("spend", 40n, 100n)]);
    const second = await reserve(port, clock, [holdOf("spend", 50n, 100n)]);
    await Promise.all([port.settle(second, [5n]), port.settle(first, [10n])]);
    expect(await port.usage([counterOf("spend")])).toEqual([15n]);
  });
}

function slotsAndExpiry(open: Open<Ledger>): void {
  const test = testOf(open);

  test("keeps a hold until the end of the five minutes in which it could be settled last", async ({ port, clock }) => {
    clock.set(Math.ceil(clock.now() / SLOT_MS) * SLOT_MS);
    const start = clock.now();
    for (const [until, slot] of [
      [start, start + SLOT_MS],
      [start + SLOT_MS - 1, start + SLOT_MS],
      [start + SLOT_MS, start + 2 * SLOT_MS],
    ] as const)
      expect(await port.reserve([holdOf("occupy", 1n, 10n)], until)).toMatchObject({ reserved: { slot } });
    clock.set(start + SLOT_MS - 1);
    expect(await port.usage([counterOf("occupy")])).toEqual([3n]);
    clock.set(start + SLOT_MS);
    expect(await port.usage([counterOf("occupy")])).toEqual([1n]);
  });

  test("leaves spent what nobody settled, and gives back what was occupied", async ({ port, clock }) => {
    await reserve(port, clock, [holdOf("spend", 30n, 100n), holdOf("occupy", 2n, 2n), holdOf("count", 1n, 10n)]);
    expect(await port.reserve([holdOf("occupy", 1n, 2n)], clock.now())).toMatchObject({ ok: false });
    clock.advance(SLOT_MS);
    expect(await port.usage([counterOf("spend"), counterOf("occupy"), counterOf("count")])).toEqual([30n, 0n, 1n]);
    expect(await port.reserve([holdOf("occupy", 2n, 2n)], clock.now())).toMatchObject({ ok: true });
  });

  test("gives back only what the passed slots held", async ({ port, clock }) => {
    await reserve(port, clock, [holdOf("occupy", 1n, 10n)]);
    await port.reserve([holdOf("occupy", 2n, 10n)], clock.now() + 2 * SLOT_MS);
    await port.settle(await reserve(port, clock, [holdOf("occupy", 4n, 10n)]), [0n]);
    clock.advance(SLOT_MS);
    expect(await port.usage([counterOf("occupy")])).toEqual([2n]);
    clock.advance(2 * SLOT_MS);
    expect(await port.usage([counterOf("occupy")])).toEqual([0n]);
  });

  test("changes nothing when a call settles after its slot was swept", async ({ port, clock }) => {
    const late = await reserve(port, clock, [holdOf("spend", 30n, 100n), holdOf("occupy", 1n, 5n)]);
    clock.advance(SLOT_MS);
    await port.settle(await reserve(port, clock, [holdOf("spend", 10n, 100n), holdOf("occupy", 1n, 5n)]), [7n, 0n]);
    await port.settle(late, [20n, 0n]);
    expect(await port.usage([counterOf("spend"), counterOf("occupy")])).toEqual([37n, 0n]);
  });

  test("takes an expired counter for empty, and its holds for gone", async ({ port, clock }) => {
    const short = (kind: Hold["kind"]) => counterOf(kind, clock.now() + 1000);
    const holds = () => [
      holdOf("spend", 9n, 10n, short("spend")),
      holdOf("occupy", 9n, 10n, short("occupy")),
      holdOf("count", 9n, 10n, short("count")),
    ];
    const counters = holds().map((hold) => hold.counter);
    const old = await reserve(port, clock, holds());
    clock.advance(999);
    expect(await port.usage(counters)).toEqual([9n, 9n, 9n]);
    clock.advance(1);
    expect(await port.usage(counters)).toEqual([0n, 0n, 0n]);
    expect(await port.reserve(holds(), clock.now() + 2 * SLOT_MS)).toMatchObject({ ok: true });
    await port.settle({ ...old, holds: old.holds.slice(0, 2) }, [0n, 0n]);
    expect(await port.usage(counters)).toEqual([9n, 9n, 9n]);
  });

  test("lives as long as the latest reservation says", async ({ port, clock }) => {
    const expiring = (seconds: number) => holdOf("count", 1n, 10n, counterOf("count", clock.now() + seconds * 1000));
    await reserve(port, clock, [expiring(1)]);
    await reserve(port, clock, [expiring(60)]);
    clock.advance(59_999);
    expect(await port.usage([counterOf("count")])).toEqual([2n]);
    clock.advance(1);
    expect(await port.usage([counterOf("count")])).toEqual([0n]);
  });
}

async function reserve(ledger: Ledger, clock: Clock, holds: readonly Hold[]): Promise<Reserved> {
  const reservation = await ledger.reserve(holds, clock.now());
  if (!reservation.ok) throw new Error(`hold ${reservation.refusedBy} was refused`);
  return reservation.reserved;
}
