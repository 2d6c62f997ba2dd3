import { GatewayError } from "../contracts/error.ts";

/** The part of an invocation's context that tells how long it may still take. */
export interface RemainingTime {
  getRemainingTimeInMillis(): number;
}

/** What is kept of a function's 900 s to end the stream, settle and log; a quarter where the function has less than 80 s. */
const SETTLE_MS = 20_000;
const share = (remainingMs: number): number => Math.min(SETTLE_MS, remainingMs / 4);

/** The end of an invocation as signals: a function that runs into its time limit is killed without settling anything. */
export interface LambdaTime {
  /** Aborted, with a `GatewayError` of code `timeout` as its reason, while there is still time to say so and to settle. */
  readonly signal: AbortSignal;
  /** Aborted later, when settling must begin though the client has not taken its last byte. */
  readonly giveUp: AbortSignal;
  stop(): void;
}

export function lambdaTime(time: RemainingTime): LambdaTime {
  const [call, delivery] = [new AbortController(), new AbortController()];
  const remaining = time.getRemainingTimeInMillis();
  const kept = share(remaining);
  const timeout = () => call.abort(new GatewayError("timeout", "the call took longer than this gateway can wait"));
  const timers = [setTimeout(timeout, remaining - kept), setTimeout(() => delivery.abort(), remaining - kept / 2)];
  return { signal: call.signal, giveUp: delivery.signal, stop: () => timers.forEach(clearTimeout) };
}
