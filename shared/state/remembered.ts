import type { Clock } from "../ports/ports.ts";

/** How long the gateway believes what the control table said. */
export interface KeyMemory {
  /** How long a revoked key can live while the store answers. */
  readonly keyTtlSeconds: number;
  /** How much longer a known key is accepted while it does not. */
  readonly staleKeySeconds: number;
}

export interface Known<Value> {
  readonly value: Value;
  /** The source did not answer, and this is what it said last. */
  readonly isStale: boolean;
}
interface Entry<Value> {
  readonly value: Value;
  readonly readAt: number;
}

export interface RememberOptions<Value> {
  readonly clock: Clock;
  /** How long a value is given without asking again. */
  readonly ttlMs: (value: Value) => number;
  /** How much longer it is given while the source fails. */
  readonly staleMs: number;
  readonly maxEntries?: number;
}
export interface Remembered<Value> {
  /** Without I/O it answers at once, so that a warm call does not wait for a turn of the event loop. */
  get(id: string): Known<Value> | Promise<Known<Value>>;
  forget(id: string): void;
}

/** Keeps what a slow source said, for a while; asks once however many want to know; and outlives the source's failures. */
export function remembered<Value>(load: (id: string) => Promise<Value>, options: RememberOptions<Value>): Remembered<Value> {
  const { clock, ttlMs, staleMs, maxEntries = 10_000 } = options;
  const entries = new Map<string, Entry<Value>>();
  const loading = new Map<string, Promise<Known<Value>>>();

  async function ask(id: string): Promise<Known<Value>> {
    try {
      const value = await load(id);
      keep(entries, id, { value, readAt: clock.monotonic() }, maxEntries);
      return { value, isStale: false };
    } catch (failure) {
      const last = entries.get(id);
      if (last && clock.monotonic() - last.readAt < ttlMs(last.value) + staleMs) return { value: last.value, isStale: true };
      throw failure;
    } finally {
      loading.delete(id);
    }
  }

  return {
    get(id) {
      const entry = entries.get(id);
      if (entry && clock.monotonic() - entry.readAt < ttlMs(entry.value)) {
        keep(entries, id, entry, maxEntries);
        return { value: entry.value, isStale: false };
      }
      const underway = loading.get(id) ?? ask(id);
      if (!loading.has(id)) loading.set(id, underway);
      return underway;
    },
    forget: (id) => entries.delete(id),
  };
}

/** What was not used for longest makes room: a flood of unknown ids fills no memory and drives out nothing that is in use. */
function keep<Value>(entries: Map<string, Value>, id: string, entry: Value, maxEntries: number): void {
  entries.delete(id);
  entries.set(id, entry);
  if (entries.size <= maxEntries) return;
  const [oldest] = entries.keys();
  if (oldest !== undefined) entries.delete(oldest);
}
