import type { Clocks } from "../../../shared/ports/ports.ts";
import type { Timeouts } from "../services.ts";

/** The clocks of one attempt, and the signal that ends it when one of them has run out or the client has left. */
export interface AttemptTimer {
  readonly signal: AbortSignal;
  readonly clocks: Clocks;
  readonly expired: "request" | "first token" | undefined;
  firstTokenCame(): void;
  stop(): void;
}

export function attemptTimer(caller: AbortSignal, timeouts: Timeouts, requestMs: number, isStream: boolean): AttemptTimer {
  const controller = new AbortController();
  let expired: AttemptTimer["expired"];
  const expire = (clock: AttemptTimer["expired"]) => {
    expired ??= clock;
    controller.abort();
  };
  const cancel = () => controller.abort();
  if (caller.aborted) cancel();
  else caller.addEventListener("abort", cancel, { once: true });
  const request = setTimeout(expire, requestMs, "request");
  const firstToken = isStream ? setTimeout(expire, timeouts.firstTokenMs, "first token") : undefined;

  return {
    signal: controller.signal,
    // A whole answer is silent until it is finished: only the request's own limit holds for it.
    clocks: { connectMs: timeouts.connectMs, idleMs: isStream ? Math.max(timeouts.idleMs, timeouts.firstTokenMs) : 0 },
    get expired() {
      return expired;
    },
    firstTokenCame: () => clearTimeout(firstToken),
    stop() {
      clearTimeout(request);
      clearTimeout(firstToken);
      caller.removeEventListener("abort", cancel);
    },
  };
}
