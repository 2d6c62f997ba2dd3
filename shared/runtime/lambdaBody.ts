import { Readable } from "node:stream";

/**
 * The bytes of an answer on their way to Lambda's response stream. Whoever pipes it there calls `delivered` after the last
 * byte: that is what settling waits for, and it resolves when the call is settled.
 */
export class AnswerBody extends Readable {
  /** The last byte has left, or nobody waits for it any more. */
  readonly finished: Promise<void>;
  readonly #finish: () => void;
  #drained: PromiseWithResolvers<void> | undefined;
  #settled: Promise<void> = Promise.resolve();
  #state: "open" | "ended" | "broken" = "open";
  #isReaderAwaited = true;

  /** When `giveUp` aborts, no reader is waited for any longer. */
  constructor(giveUp: AbortSignal) {
    super();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.finished = promise;
    this.#finish = resolve;
    giveUp.addEventListener("abort", () => this.#letGo(), { once: true });
  }

  override _read(): void {
    this.#drained?.resolve();
    this.#drained = undefined;
  }

  /** A promise while the reader is slower than the writer. */
  write(bytes: Uint8Array): void | Promise<void> {
    if (this.#state !== "open" || bytes.byteLength === 0) return;
    if (this.push(bytes) || !this.#isReaderAwaited) return;
    this.#drained ??= Promise.withResolvers<void>();
    return this.#drained.promise;
  }

  end(): void {
    if (this.#state !== "open") return;
    this.#state = "ended";
    this.push(null);
  }

  /** What came must not pass for the whole. A runtime whose stream breaks ends its process, so that waits for `close`. */
  breakOff(): void {
    if (this.#state === "open") this.#state = "broken";
    this.#letGo();
  }

  /** The call is settled: ends the stream whatever happened to it. */
  close(): void {
    if (this.#state === "broken") this.destroy(new Error("the answer broke off"));
    else this.end();
    this.#letGo();
  }

  settledBy(settled: Promise<void>): void {
    this.#settled = settled;
  }

  delivered(): Promise<void> {
    this.#letGo();
    return this.#settled;
  }

  #letGo(): void {
    this.#isReaderAwaited = false;
    this.#drained?.resolve();
    this.#drained = undefined;
    this.#finish();
  }
}
