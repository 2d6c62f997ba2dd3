import type { DatabaseSync, SQLOutputValue, StatementResultingChanges, StatementSync } from "node:sqlite";
import type { Clock, Key, Page, Store, Stored } from "../ports.ts";

const DEFAULT_LIMIT = 100;
const PUTS_BETWEEN_PURGES = 256;

/** One of the two tables of a gateway, in the database of its data folder. */
export function sqliteStore(database: DatabaseSync, table: "control" | "live", clock: Clock): Store {
  database.exec(schema(table));
  const statements = prepare(database, table);
  let puts = 0;

  const get = ({ collection, id }: Key): Stored | undefined => {
    const row = statements.get.get(collection, id, clock.now());
    return row && storedOf(row);
  };

  // On the way of a put, so that an idle gateway needs no timer.
  const purgeSometimes = (now: number): void => {
    puts += 1;
    if (puts % PUTS_BETWEEN_PURGES === 0) statements.purge.run(now);
  };

  return {
    get: async (key) => get(key),
    getMany: async (keys) => keys.map(get),
    async put({ collection, id }, value, { ttlSeconds, onlyIfAbsent, ifVersion } = {}) {
      const now = clock.now();
      purgeSometimes(now);
      const expiresAt = ttlSeconds === undefined ? null : now + Math.round(ttlSeconds * 1000);
      const item = [collection, id, JSON.stringify(value), expiresAt, now] as const;
      if (ifVersion !== undefined) return changed(statements.putIfVersion.run(...item, ifVersion));
      return changed((onlyIfAbsent ? statements.putIfAbsent : statements.put).run(...item));
    },
    async delete({ collection, id }) {
      statements.delete.run(collection, id);
    },
    async list(collection, { limit = DEFAULT_LIMIT, after = "", prefix = "" } = {}) {
      // One more than asked for tells whether there is a next page.
      const rows = statements.list.all(collection, clock.now(), prefix, `${prefix}\u{10ffff}`, after, limit + 1);
      return pageOf(rows.map(storedOf), limit);
    },
  };
}

const schema = (table: string) => `
  CREATE TABLE IF NOT EXISTS ${table} (
    collection TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL, version INTEGER NOT NULL, expires_at INTEGER,
    PRIMARY KEY (collection, id)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS ${table}_expires_at ON ${table} (expires_at) WHERE expires_at IS NOT NULL;`;

type Statements = Readonly<Record<"get" | "put" | "putIfAbsent" | "putIfVersion" | "delete" | "list" | "purge", StatementSync>>;

function prepare(database: DatabaseSync, table: string): Statements {
  const insert = `INSERT INTO ${table} (collection, id, value, version, expires_at) VALUES (?1, ?2, ?3, 1, ?4)
    ON CONFLICT (collection, id) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at,
    version = CASE WHEN expires_at <= ?5 THEN 1 ELSE version + 1 END`;
  return {
    get: database.prepare(
      `SELECT id, value, version FROM ${table} WHERE collection = ?1 AND id = ?2 AND (expires_at IS NULL OR expires_at > ?3)`,
    ),
    put: database.prepare(insert),
    putIfAbsent: database.prepare(`${insert} WHERE expires_at <= ?5`),
    putIfVersion: database.prepare(`UPDATE ${table} SET value = ?3, expires_at = ?4, version = version + 1
      WHERE collection = ?1 AND id = ?2 AND (expires_at IS NULL OR expires_at > ?5) AND version = ?6`),
    delete: database.prepare(`DELETE FROM ${table} WHERE collection = ?1 AND id = ?2`),
    list: database.prepare(`SELECT id, value, version FROM ${table} WHERE collection = ?1 AND (expires_at IS NULL OR expires_at > ?2)
      AND id >= max(?3, ?5) AND id < ?4 AND id <> ?5 ORDER BY id LIMIT ?6`),
    purge: database.prepare(`DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE expires_at <= ?1 LIMIT 512)`),
  };
}

const changed = ({ changes }: StatementResultingChanges): boolean => Number(changes) > 0;

type Row = Readonly<Record<string, SQLOutputValue>>;

const storedOf = ({ id, value, version }: Row): Stored => ({ id: String(id), value: JSON.parse(String(value)), version: Number(version) });

function pageOf(items: readonly Stored[], limit: number): Page {
  const shown = items.slice(0, limit);
  const last = shown.at(-1);
  return items.length > limit && last ? { items: shown, next: last.id } : { items: shown };
}
