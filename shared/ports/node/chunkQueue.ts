/** What a connection pushes, as what a reader pulls: the chunks, then the end or the failure. */
export interface ChunkQueue {
  push(chunk: Uint8Array): void;
  /** The first end counts. */
  end(failure?: Error): void;
  readonly chunks: AsyncIterator<Uint8Array>;
}

export interface Flow {
  pause(): void;
  resume(): void;
  /** The reader has left. */
  cancel(): void;
}

/** How many chunks may wait for a slow reader before the provider is asked to pause. */
const QUEUE_LIMIT = 32;

/** By hand, since the iterator of a Node stream costs several times as much, and there is one turn of this for every token. */
export function chunkQueue(flow: Flow): ChunkQueue {
  const queue: Uint8Array[] = [];
  let ending: { readonly failure: Error | undefined } | undefined;
  let waiting: { resolve(result: IteratorResult<Uint8Array>): void; reject(failure: Error): void } | undefined;

  const takeReader = () => {
    const reader = waiting;
    waiting = undefined;
    return reader;
  };
  const end = (failure?: Error) => {
    if (ending) return;
    ending = { failure };
    const reader = takeReader();
    if (failure) reader?.reject(failure);
    else reader?.resolve({ value: undefined, done: true });
  };

  return {
    push(chunk) {
      const reader = takeReader();
      if (reader) return reader.resolve({ value: chunk, done: false });
      queue.push(chunk);
      if (queue.length === QUEUE_LIMIT) flow.pause();
    },
    end,
    chunks: {
      next() {
        const value = queue.shift();
        if (value) {
          if (queue.length === QUEUE_LIMIT - 1) flow.resume();
          return Promise.resolve({ value, done: false });
        }
        if (ending?.failure) return Promise.reject(ending.failure);
        if (ending) return Promise.resolve({ value: undefined, done: true });
        return new Promise((resolve, reject) => {
          waiting = { resolve, reject };
        });
      },
      return() {
        queue.length = 0;
        end();
        flow.cancel();
        return Promise.resolve({ value: undefined, done: true });
      },
    },
  };
}
