import { appendFileSync, closeSync, fstatSync, ftruncateSync, mkdirSync, openSync } from "node:fs";
import { dirname, join } from "node:path";
import type { LogBatch, LogSink } from "../ports.ts";

export interface JsonLines extends LogSink {
  /** Resolves when everything written so far is on disk, or its write was rejected. */
  flush(): Promise<void>;
  /** Flushes; whatever is written afterwards is rejected. */
  close(): Promise<void>;
}

interface JsonLinesOptions {
  /** How long a batch waits for others to share its append. */
  readonly waitMs?: number;
  /** So many waiting records are appended without waiting longer. */
  readonly pendingRecords?: number;
}

const HOUR_MS = 3_600_000;

/**
 * Appends to `<folder>/calls/dt=YYYY-MM-DD/hour=HH/calls.jsonl` (UTC), and to `bodies` in the same way. Records that
 * come within a moment share one append: 128 ordinary ones are about 256 KiB. The append does not leave the thread, as
 * with SQLite: it goes to the page cache and takes less CPU than asking another thread for it.
 */
export function jsonLines(folder: string, { waitMs = 20, pendingRecords = 128 }: JsonLinesOptions = {}): JsonLines {
  let waiting: Waiting[] = [];
  let records = 0;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const flush = async (): Promise<void> => {
    const group = waiting;
    [waiting, records] = [[], 0];
    clearTimeout(timer);
    timer = undefined;
    append(folder, group);
  };

  const write = (batch: LogBatch): Promise<void> =>
    new Promise((resolve, reject) => {
      if (closed) throw new Error("the log is closed");
      waiting.push({ batch, resolve, reject });
      records += batch.calls.length + batch.bodies.length;
      // Unreferenced: a process that only waits for its log has already called `close`.
      timer ??= setTimeout(flush, waitMs).unref();
      if (records >= pendingRecords) flush();
    });

  const close = (): Promise<void> => {
    closed = true;
    return flush();
  };

  return { write, flush, close };
}

interface Waiting {
  readonly batch: LogBatch;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Never throws: a failure belongs to those whose lines it took. */
function append(folder: string, group: readonly Waiting[]): void {
  for (const { path, text, writers } of linesByFile(folder, group)) {
    try {
      appendText(path, text);
    } catch (error) {
      for (const { reject } of writers) reject(error);
    }
  }
  // Whoever was rejected stays rejected.
  for (const { resolve } of group) resolve();
}

/** The lines for one file, and who waits for them. */
interface Lines {
  readonly path: string;
  text: string;
  readonly writers: Waiting[];
}

function linesByFile(folder: string, group: readonly Waiting[]): Lines[] {
  const files = new Map<string, Lines>();
  for (const writer of group) {
    try {
      addLines(files, folder, "calls", writer);
      addLines(files, folder, "bodies", writer);
    } catch (error) {
      // A record that is no JSON after all must not take the others with it.
      writer.reject(error);
    }
  }
  return [...files.values()];
}

function addLines(files: Map<string, Lines>, folder: string, stream: keyof LogBatch, writer: Waiting): void {
  for (const { at, record } of writer.batch[stream]) {
    const line = `${JSON.stringify(record)}\n`;
    const key = `${stream} ${Math.floor(at / HOUR_MS)}`;
    const lines = files.get(key) ?? { path: fileOf(folder, stream, at), text: "", writers: [] };
    files.set(key, lines);
    lines.text += line;
    if (lines.writers.at(-1) !== writer) lines.writers.push(writer);
  }
}

function fileOf(folder: string, stream: keyof LogBatch, at: number): string {
  const time = new Date(at).toISOString();
  return join(folder, stream, `dt=${time.slice(0, 10)}`, `hour=${time.slice(11, 13)}`, `${stream}.jsonl`);
}

function appendText(path: string, text: string): void {
  const file = openToAppend(path);
  const { size } = fstatSync(file);
  try {
    appendFileSync(file, text);
  } catch (error) {
    // A full disk takes a part: without this the next line would be joined to half a line.
    ftruncateSync(file, size);
    throw error;
  } finally {
    closeSync(file);
  }
}

function openToAppend(path: string): number {
  try {
    return openSync(path, "a", 0o600);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return openSync(path, "a", 0o600);
  }
}
