import type { Dispatcher } from "undici";
import type { Headers } from "../../contracts/call.ts";
import { type Clocks, type Upstream, UpstreamFailure, type UpstreamRequest, type UpstreamResponse } from "../ports.ts";
import { chunkQueue } from "./chunkQueue.ts";
import { responseOf } from "./contentEncoding.ts";

type Undici = typeof import("undici");

/**
 * Upstream calls by undici's lowest level: a third less CPU than `node:http` where many small answers come at once. Its 60 ms to
 * load are why it is handed over loaded. Connections are kept alive; redirects are not followed, since a key must not travel.
 */
export function undiciUpstream({ Agent, errors }: Undici, connectMs: number): Upstream & { close(): void } {
  const agent = new Agent({ connect: { timeout: connectMs }, keepAliveTimeout: 15_000, pipelining: 1, allowH2: false });

  const sendOnce = (request: UpstreamRequest, clocks: Clocks, signal: AbortSignal) =>
    new Promise<UpstreamResponse>((resolve, reject) => {
      if (signal.aborted) return reject(new UpstreamFailure("cancelled", "the call was cancelled before it was sent"));
      agent.dispatch(optionsOf(request, clocks), handlerOf(signal, resolve, reject, errors));
    });

  return {
    async send(request, clocks, signal) {
      try {
        return await sendOnce(request, clocks, signal);
      } catch (failure) {
        if (!wasStale(failure, errors)) throw failure;
        return sendOnce(request, clocks, signal);
      }
    },
    close: () => void agent.destroy(),
  };
}

/** The server closed a kept connection just as it was taken again: nothing was read for this request, so a fresh one is tried. */
function wasStale(failure: unknown, errors: Undici["errors"]): boolean {
  const cause = failure instanceof UpstreamFailure && failure.kind === "unreachable" ? failure.cause : undefined;
  return cause instanceof errors.SocketError && (cause.socket?.bytesRead ?? 0) > 0;
}

const optionsOf = (
  { url, method, headers, body }: UpstreamRequest,
  { idleMs }: Clocks,
): Dispatcher.DispatchOptions & { origin: string } => ({
  origin: url.origin,
  path: url.pathname + url.search,
  method: method as Dispatcher.HttpMethod,
  headers: headers as Record<string, string>,
  body: body ?? null,
  headersTimeout: idleMs,
  bodyTimeout: idleMs,
});

function handlerOf(
  signal: AbortSignal,
  resolve: (response: UpstreamResponse) => void,
  reject: (failure: UpstreamFailure) => void,
  errors: Undici["errors"],
): Dispatcher.DispatchHandler {
  let control: Dispatcher.DispatchController | undefined;
  let queue: ReturnType<typeof chunkQueue> | undefined;
  const cancel = () => control?.abort(new UpstreamFailure("cancelled", "the call was cancelled"));
  signal.addEventListener("abort", cancel, { once: true });
  const settled = () => signal.removeEventListener("abort", cancel);

  return {
    onRequestStart(controller) {
      control = controller;
      if (signal.aborted) cancel();
    },
    onResponseStart(controller, status, headers) {
      const flow = { pause: () => controller.pause(), resume: () => controller.resume(), cancel };
      queue = chunkQueue(flow);
      resolve(responseOf({ status, headers: headers as Headers, chunks: queue.chunks, cancel }));
    },
    onResponseData: (_controller, chunk) => queue?.push(chunk),
    onResponseEnd() {
      settled();
      queue?.end();
    },
    onResponseError(_controller, error) {
      settled();
      const failure = failureOf(error, errors, queue !== undefined);
      if (queue) queue.end(failure);
      else reject(failure);
    },
  };
}

function failureOf(error: Error, errors: Undici["errors"], hasBegun: boolean): UpstreamFailure {
  if (error instanceof UpstreamFailure) return error;
  const isSilent = error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError;
  if (isSilent || error instanceof errors.ConnectTimeoutError)
    return new UpstreamFailure("timeout", "the provider was silent for too long", { cause: error });
  if (hasBegun) return new UpstreamFailure("cut", "the provider's answer broke off", { cause: error });
  const code = (error as NodeJS.ErrnoException).code ?? error.name;
  return new UpstreamFailure("unreachable", `the provider could not be reached (${code})`, { cause: error });
}
