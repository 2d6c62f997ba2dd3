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

/** A stream with somebody looking on. Leaving it early cancels the source. */
export async function* watched(early: readonly Batch[], source: AsyncIterator<Batch>, { onEvents, onEnd }: Watcher): EventStream {
  let shown: Batch | undefined;
  const see = () => {
    if (shown) onEvents(shown);
    shown = undefined;
  };
  let isOver = false;
  try {
    for (const batch of early) {
      shown = batch;
      yield batch;
      see();
    }
    for (let next = await source.next(); !next.done; next = await source.next()) {
      shown = next.value;
      yield next.value;
      see();
    }
    isOver = true;
    onEnd();
  } catch (thrown) {
    isOver = true;
    throw onEnd(thrown) ?? thrown;
  } finally {
    see();
    if (!isOver) {
      onEnd();
      await source.return?.();
    }
  }
}
