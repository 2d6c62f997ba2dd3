import { isMeaningful, type ProviderError } from "../../../shared/contracts/answer.ts";
import { GatewayError } from "../../../shared/contracts/error.ts";
import type { EventStream, WireEvent } from "../../../shared/contracts/reply.ts";

type Batch = readonly WireEvent[];

/** The beginning of a stream: up to its first meaningful event, or to an error that came in the place of one. */
export interface Beginning {
  readonly batches: readonly Batch[];
  readonly error?: ProviderError;
}

/**
 * Waits for the first meaningful event. Until then nothing has been sent to the client, so a failure, also one inside a 200,
 * is still a reply that the router can weigh.
 */
export async function committed(source: AsyncIterator<Batch>): Promise<Beginning> {
  const batches: Batch[] = [];
  for (;;) {
    const { value: batch, done } = await source.next();
    if (done) throw new GatewayError("upstream_cut", "the provider's stream had no answer in it");
    batches.push(batch);
    const telling = batch.find(({ delta }) => delta().error !== undefined || isMeaningful(delta()));
    const error = telling?.delta().error;
    if (error) return { batches, error };
    if (telling) return { batches };
  }
}

interface Watcher {
  /** After the reader has had them, so that looking at them delays nobody. */
  onEvents(batch: Batch): void;
  /** Once, however the stream ends; what is given back is thrown in the place of what was. */
  onEnd(thrown?: unknown): Error | undefined;
}

/**
 * A stream with somebody looking on. Leaving it early cancels the source. By hand and not as a generator, since there is one turn
 * of this for every token, and a generator takes three times the promises.
 */
export function watched(early: readonly Batch[], source: AsyncIterator<Batch>, { onEvents, onEnd }: Watcher): EventStream {
  let position = 0;
  let shown: Batch | undefined;
  let isOver = false;
  const see = () => {
    if (shown) onEvents(shown);
    shown = undefined;
  };
  const end = (thrown?: unknown): Error | undefined => {
    see();
    if (isOver) return undefined;
    isOver = true;
    return onEnd(thrown);
  };
  const show = (next: IteratorResult<Batch>): IteratorResult<Batch> => {
    if (next.done) end();
    else shown = next.value;
    return next;
  };
  const fail = (thrown: unknown): never => {
    throw end(thrown) ?? thrown;
  };
  const iterator: AsyncIterator<Batch> = {
    next() {
      see();
      const value = early[position++];
      if (value) return Promise.resolve(show({ value, done: false }));
      return source.next().then(show, fail);
    },
    async return() {
      end();
      await source.return?.();
      return { value: undefined, done: true };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
