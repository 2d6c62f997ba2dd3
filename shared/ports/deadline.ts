import type { Ledger, LogSink, Secrets, Store } from "./ports.ts";

/** How long a port may take. Calls made before the first one ended may take `firstMs`, since they open connections. */
export interface Deadline {
  readonly firstMs: number;
  readonly ms: number;
}

/** Nobody knows whether what was asked for still happens. */
export class DeadlineExceeded extends Error {
  readonly port: string;
  readonly ms: number;
  constructor(port: string, ms: number) {
    super(`the ${port} did not answer within ${ms} ms`);
    this.name = "DeadlineExceeded";
    this.port = port;
    this.ms = ms;
  }
}

export function storeWithDeadline(store: Store, deadline: Deadline): Store {
  const within = limiter("store", deadline);
  return {
    get: (key) => within(store.get(key)),
    getMany: (keys) => within(store.getMany(keys)),
    put: (key, value, options) => within(store.put(key, value, options)),
    delete: (key) => within(store.delete(key)),
    list: (collection, page) => within(store.list(collection, page)),
  };
}

export function ledgerWithDeadline(ledger: Ledger, deadline: Deadline): Ledger {
  const within = limiter("ledger", deadline);
  return {
    reserve: (holds, until) => within(ledger.reserve(holds, until)),
    settle: (reserved, actual) => within(ledger.settle(reserved, actual)),
    usage: (counters) => within(ledger.usage(counters)),
  };
}

export function secretsWithDeadline(secrets: Secrets, deadline: Deadline): Secrets {
  const within = limiter("secrets store", deadline);
  return {
    read: (name) => within(secrets.read(name)),
    write: (name, value) => within(secrets.write(name, value)),
    remove: (name) => within(secrets.remove(name)),
  };
}

export function logSinkWithDeadline(sink: LogSink, deadline: Deadline): LogSink {
  const within = limiter("log sink", deadline);
  return { write: (batch) => within(sink.write(batch)) };
}

function limiter(port: string, { firstMs, ms }: Deadline): <Value>(answer: Promise<Value>) => Promise<Value> {
  let limitMs = firstMs;
  return (answer) =>
    new Promise((resolve, reject) => {
      const limit = limitMs;
      const timer = setTimeout(() => {
        limitMs = ms;
        reject(new DeadlineExceeded(port, limit));
      }, limit);
      // Also when it answers too late, so that a late rejection is not left unhandled.
      answer.then(resolve, reject).finally(() => {
        limitMs = ms;
        clearTimeout(timer);
      });
    });
}
