type Send<Item> = (items: readonly Item[]) => Promise<ReadonlySet<Item>>;

/**
 * Sends what comes while the last sending goes on together, as soon as that ends; so nothing waits for a timer, and a
 * slow receiver gets few large requests. `send` gives the items that it had to leave; each caller gets its own of them.
 */
export function together<Item>(send: Send<Item>): (items: readonly Item[]) => Promise<readonly Item[]> {
  let waiting: Item[] = [];
  let next: Promise<ReadonlySet<Item>> | undefined;
  let running: Promise<unknown> = Promise.resolve();

  const sendNext = async (): Promise<ReadonlySet<Item>> => {
    await running;
    const group = waiting;
    [waiting, next] = [[], undefined];
    const sent = send(group);
    // The failure of one group belongs to those who wait for it, not to the group after it.
    running = sent.catch(() => undefined);
    return sent;
  };

  return async (items) => {
    if (items.length === 0) return [];
    waiting.push(...items);
    next ??= sendNext();
    const left = await next;
    return items.filter((item) => left.has(item));
  };
}
