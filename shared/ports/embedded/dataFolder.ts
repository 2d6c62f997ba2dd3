import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Everything an embedded gateway keeps. One process owns it until it closes it or ends, however it ends. */
export interface DataFolder {
  readonly path: string;
  readonly database: DatabaseSync;
  close(): void;
}

/** The folder cannot be used; the message is one line that an operator can act on. */
export class DataFolderError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "DataFolderError";
  }
}

/** Throws a `DataFolderError` at once when another gateway has the folder, or when it cannot be written. */
export function openDataFolder(path: string): DataFolder {
  const file = join(path, "gatehouse.db");
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    createPrivately(file);
    const database = ownDatabase(file);
    return { path, database, close: () => database.close() };
  } catch (error) {
    throw asDataFolderError(path, error);
  }
}

/**
 * SQLite would create the file readable for everybody. An existing file must not even be opened here: closing it again
 * would drop the lock of a gateway in this same process, because POSIX locks belong to the process.
 */
function createPrivately(file: string): void {
  try {
    closeSync(openSync(file, "wx", 0o600));
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
}

/**
 * A commit writes whole pages to the write-ahead log, so small pages halve the cost of a counter; the log is folded into
 * the file every 4 MB, as with SQLite's own default of 1,000 large pages.
 */
function ownDatabase(file: string): DatabaseSync {
  const database = new DatabaseSync(file);
  try {
    database.exec("PRAGMA page_size = 1024; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL");
    database.exec("PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000");
    // The first write takes the lock, which EXCLUSIVE then keeps; without it a second gateway would start and fail later.
    database.exec("BEGIN IMMEDIATE; COMMIT");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

const IN_USE = "SQLITE_5";
const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOTDIR: "there is a file in its path",
  EEXIST: "there is a file in its place",
  SQLITE_8: "permission denied for its database",
  SQLITE_14: "its database cannot be opened",
};

function asDataFolderError(path: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code === IN_USE)
    return new DataFolderError(`the data folder ${path} is already in use by another gatehouse; stop it or choose another with --data`);
  const reason = REASONS[code];
  if (!reason) return error;
  return new DataFolderError(`cannot write to the data folder ${path}: ${reason}; allow it or choose another with --data`, {
    cause: error,
  });
}

/** `EACCES` and the like from the file system; SQLite gives numbers, of which the low byte is the kind. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  if ("errcode" in error) return `SQLITE_${Number(error.errcode) & 0xff}`;
  return "code" in error ? String(error.code) : "";
}
