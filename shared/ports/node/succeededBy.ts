import type { Upstream } from "../ports.ts";

/**
 * Begins with one adapter and goes on with another that is better but takes long to load; loading waits until the first call has
 * its answer. When it cannot be loaded, the first one stays.
 */
export function succeededBy(first: Upstream, load: () => Promise<Upstream>, report: (failure: unknown) => void): Upstream {
  let current = first;
  let isLoading = false;
  const loadOnce = () => {
    if (isLoading) return;
    isLoading = true;
    load().then((better) => {
      current = better;
    }, report);
  };
  return {
    async send(request, clocks, signal) {
      if (isLoading) return current.send(request, clocks, signal);
      try {
        return await first.send(request, clocks, signal);
      } finally {
        setImmediate(loadOnce);
      }
    },
  };
}
