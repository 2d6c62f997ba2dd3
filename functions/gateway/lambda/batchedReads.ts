import type { Key, Store, Stored } from "../../../shared/ports/ports.ts";

interface Waiting {
  readonly key: Key;
  readonly resolve: (found: Stored | undefined) => void;
  readonly reject: (failure: unknown) => void;
}

/**
 * Items that are asked for in the same turn are read in one request: stages say what they need, and a cold call still pays
 * one round trip for its config, providers and team. Reads that come alone stay as they are.
 */
export function batchedReads(store: Store): Store {
  let waiting: Waiting[] = [];

  async function readAll(): Promise<void> {
    const batch = waiting;
    waiting = [];
    try {
      const keys = batch.map(({ key }) => key);
      const [only] = keys;
      const found = only && keys.length === 1 ? [await store.get(only)] : await store.getMany(keys);
      for (const [index, { resolve }] of batch.entries()) resolve(found[index]);
    } catch (failure) {
      for (const { reject } of batch) reject(failure);
    }
  }

  return {
    ...store,
    get: (key) =>
      new Promise((resolve, reject) => {
        // After the microtasks that are underway, so that stages which start side by side share a request.
        if (waiting.push({ key, resolve, reject }) === 1) setImmediate(readAll);
      }),
  };
}
