import type { DatabaseSync } from "node:sqlite";
import type { Clock, Counter, Hold, Ledger } from "../ports.ts";

const SLOT_MS = 300_000;
const MAX_INTEGER = 2n ** 63n - 1n;

/**
 * Counters, and what is held of each until a five-minute slot ends. A call runs to its end without waiting, and one
 * process owns the database, so that calls never interleave.
 */
export function sqliteLedger(database: DatabaseSync, clock: Clock): Ledger {
  database.exec(SCHEMA);
  const statements = prepare(database);
  const atomically = transactions(database);
  const sweep = sweeper(statements, atomically);
  const totalOf = ({ id, window }: Counter): bigint => {
    const total = statements.total.get(id, window)?.["total"];
    return typeof total === "bigint" ? total : 0n;
  };

  return {
    async reserve(holds, until) {
      holds.forEach(assertExact);
      sweep.past(clock.now());
      const slot = (Math.floor(until / SLOT_MS) + 1) * SLOT_MS;
      const refusing = holds.find(({ amount, limit }) => amount > limit) ?? takeAll(statements, atomically, holds, slot);
      if (refusing) return { ok: false, refusedBy: holds.indexOf(refusing), total: totalOf(refusing.counter) };
      for (const { counter } of holds) sweep.expect(Math.min(slot, counter.expiresAt));
      return { ok: true, reserved: { holds, slot } };
    },
    async settle({ holds, slot }, actual) {
      sweep.past(clock.now());
      if (holds.every(({ kind, amount }, index) => kind === "count" && actual[index] === amount)) return;
      atomically(() => {
        for (const [index, hold] of holds.entries()) settleOne(statements, hold, slot, actual[index]);
        return true;
      });
    },
    async usage(counters) {
      sweep.past(clock.now());
      return counters.map(totalOf);
    },
  };
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS counters (
    id TEXT NOT NULL, window TEXT NOT NULL, total INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    PRIMARY KEY (id, window)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS counters_expires_at ON counters (expires_at);
  CREATE TABLE IF NOT EXISTS held (
    id TEXT NOT NULL, window TEXT NOT NULL, slot INTEGER NOT NULL, kind TEXT NOT NULL, amount INTEGER NOT NULL,
    PRIMARY KEY (id, window, slot, kind)
  ) STRICT, WITHOUT ROWID;`;

type Statements = ReturnType<typeof prepare>;

/**
 * No RETURNING: a statement that was read with `get` never comes to its end, and only there does SQLite fold the
 * write-ahead log back, which would then grow without bound.
 */
function prepare(database: DatabaseSync) {
  const total = database.prepare("SELECT total FROM counters WHERE id = ? AND window = ?");
  total.setReadBigInts(true);
  return {
    total,
    // `total <= limit - amount`, since the sum could leave the range of an integer, and SQLite would go on in floats.
    add: database.prepare(`INSERT INTO counters (id, window, total, expires_at) VALUES (?1, ?2, ?3, ?4)
      ON CONFLICT (id, window) DO UPDATE SET total = total + ?3, expires_at = ?4 WHERE total <= ?5`),
    hold: database.prepare(`INSERT INTO held (id, window, slot, kind, amount) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (id, window, slot, kind) DO UPDATE SET amount = amount + excluded.amount`),
    release: database.prepare("UPDATE held SET amount = amount - ?5 WHERE id = ?1 AND window = ?2 AND slot = ?3 AND kind = ?4"),
    adjust: database.prepare("UPDATE counters SET total = total + ?3 WHERE id = ?1 AND window = ?2"),
    dropHeldOfExpired: database.prepare(`DELETE FROM held
      WHERE (id, window) IN (SELECT id, window FROM counters WHERE expires_at <= ?)`),
    dropExpired: database.prepare("DELETE FROM counters WHERE expires_at <= ?"),
    giveBackOccupied: database.prepare(`UPDATE counters SET total = total - past.amount
      FROM (SELECT id, window, sum(amount) AS amount FROM held WHERE slot <= ? AND kind = 'occupy' GROUP BY id, window) AS past
      WHERE counters.id = past.id AND counters.window = past.window`),
    dropPastHeld: database.prepare("DELETE FROM held WHERE slot <= ?"),
    nextEnd: database.prepare(`SELECT min(moment) AS moment
      FROM (SELECT min(expires_at) AS moment FROM counters UNION ALL SELECT min(slot) FROM held)`),
  };
}

type Atomically = (work: () => boolean) => void;

/** What `work` writes stays when it answers true; nothing of it stays when it answers false or throws. */
function transactions(database: DatabaseSync): Atomically {
  const begin = database.prepare("BEGIN IMMEDIATE");
  const commit = database.prepare("COMMIT");
  const rollback = database.prepare("ROLLBACK");
  return (work) => {
    begin.run();
    try {
      if (work()) commit.run();
    } finally {
      if (database.isTransaction) rollback.run();
    }
  };
}

interface Sweeper {
  /** Lets go of the counters that expired and of the slots that passed. */
  past(now: number): void;
  /** There will be something to let go of at this moment. */
  expect(moment: number): void;
}

/** Knows when the next slot or counter ends, so that until then a call looks at nothing but its own counters. */
function sweeper(statements: Statements, atomically: Atomically): Sweeper {
  let due = Number.NEGATIVE_INFINITY;
  return {
    past(now) {
      if (now < due) return;
      atomically(() => {
        statements.dropHeldOfExpired.run(now);
        statements.dropExpired.run(now);
        statements.giveBackOccupied.run(now);
        statements.dropPastHeld.run(now);
        return true;
      });
      due = Number(statements.nextEnd.get()?.["moment"] ?? Number.POSITIVE_INFINITY);
    },
    expect(moment) {
      due = Math.min(due, moment);
    },
  };
}

/** The hold that refuses, and then none is taken. One that is final at once is one statement, which is atomic by itself. */
function takeAll(statements: Statements, atomically: Atomically, holds: readonly Hold[], slot: number): Hold | undefined {
  const firstRefusing = (): Hold | undefined => holds.find((hold) => !take(statements, hold, slot));
  if (holds.length === 1 && holds[0]?.kind === "count") return firstRefusing();
  let refusing: Hold | undefined;
  atomically(() => {
    refusing = firstRefusing();
    return refusing === undefined;
  });
  return refusing;
}

function take({ add, hold }: Statements, { counter, kind, amount, limit }: Hold, slot: number): boolean {
  const { changes } = add.run(counter.id, counter.window, amount, counter.expiresAt, limit - amount);
  if (changes === 0) return false;
  if (kind !== "count") hold.run(counter.id, counter.window, slot, kind, amount);
  return true;
}

/** What was held in a slot that has passed is already spent or given back: there is nothing left to settle. */
function settleOne({ release, adjust }: Statements, { counter, kind, amount }: Hold, slot: number, actual: bigint | undefined): void {
  assertInteger(actual, counter);
  if (kind !== "count" && release.run(counter.id, counter.window, slot, kind, amount).changes === 0) return;
  if (actual !== amount) adjust.run(counter.id, counter.window, actual - amount);
}

function assertExact({ counter, amount, limit }: Hold): void {
  assertInteger(amount, counter);
  assertInteger(limit, counter);
}

function assertInteger(value: bigint | undefined, { id }: Counter): asserts value is bigint {
  if (value === undefined || value < 0n || value > MAX_INTEGER)
    throw new RangeError(`counter ${id} cannot count ${value}: not in 0 to 2^63 - 1`);
}
