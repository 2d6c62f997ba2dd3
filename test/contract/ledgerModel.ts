import type { Counter, Hold } from "../../shared/ports/ports.ts";

export const SLOT_MS = 300_000;
export const MAX_INTEGER = 2n ** 63n - 1n;

export const counterOf = (id: string, expiresAt = Date.UTC(2100, 0)): Counter => ({ id, window: "2025-01", expiresAt });
export const holdOf = (kind: Hold["kind"], amount: bigint, limit: bigint, counter = counterOf(kind)): Hold => ({
  counter,
  kind,
  amount,
  limit,
});

interface Booking {
  readonly hold: Hold;
  readonly slot: number;
  settled?: bigint;
}

/** What the ledger should say, worked out anew each time from everything that ever happened. */
export function ledgerModel() {
  const bookings: Booking[] = [];
  const totalOf = ({ id }: Counter, now: number): bigint =>
    bookings.filter(({ hold }) => hold.counter.id === id).reduce((total, booking) => total + worth(booking, now), 0n);

  return {
    totalOf,
    allows: (holds: readonly Hold[], now: number): boolean =>
      holds.every(({ counter, amount, limit }) => totalOf(counter, now) + amount <= limit),
    book: (holds: readonly Hold[], slot: number): Booking[] => {
      const booked = holds.map((hold): Booking => ({ hold, slot }));
      bookings.push(...booked);
      return booked;
    },
    /** Too late for what was held in a slot; never too late for what was final. */
    settle: (booked: readonly Booking[], actual: readonly bigint[], now: number): void => {
      for (const [index, booking] of booked.entries()) {
        if (booking.hold.kind === "count" || booking.slot > now) booking.settled = actual[index] ?? 0n;
      }
    },
  };
}

function worth({ hold, slot, settled }: Booking, now: number): bigint {
  if (settled !== undefined) return settled;
  return hold.kind === "occupy" && slot <= now ? 0n : hold.amount;
}
