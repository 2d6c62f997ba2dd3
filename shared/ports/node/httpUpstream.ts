import type { Agent, ClientRequest, IncomingMessage } from "node:http";
import { type Clocks, type Upstream, UpstreamFailure, type UpstreamRequest, type UpstreamResponse } from "../ports.ts";
import { responseBody } from "./responseBody.ts";

// Importing them evaluates their lazy exports, undici among them: 25 ms of every start.
const http = process.getBuiltinModule("node:http");
const https = process.getBuiltinModule("node:https");

/**
 * Upstream calls over `node:http` and `node:https`: on Node 24 the same CPU as undici's dispatch and half the memory.
 * Connections are kept alive and never closed while in use; redirects are not followed, since a key must not travel.
 */
export function httpUpstream(): Upstream & { close(): void } {
  const options = { keepAlive: true, keepAliveMsecs: 15_000, maxFreeSockets: 256, scheduling: "lifo" } as const;
  const agents = { "http:": new http.Agent(options), "https:": new https.Agent(options) };

  async function send(request: UpstreamRequest, clocks: Clocks, signal: AbortSignal): Promise<UpstreamResponse> {
    try {
      return await sendOnce(agents, request, clocks, signal);
    } catch (failure) {
      // The server closed a kept connection just as it was taken again: nothing was read from it, so a fresh one is tried.
      if (!(failure instanceof UpstreamFailure && failure.cause instanceof StaleConnection)) throw failure;
      return sendOnce(agents, request, clocks, signal);
    }
  }

  return {
    send,
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

type Agents = Readonly<Record<"http:" | "https:", Agent>>;

class StaleConnection extends Error {}

function sendOnce(
  agents: Agents,
  { url, method, headers, body }: UpstreamRequest,
  clocks: Clocks,
  signal: AbortSignal,
): Promise<UpstreamResponse> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new UpstreamFailure("cancelled", "the call was cancelled before it was sent"));
    const isTls = url.protocol === "https:";
    const request = (isTls ? https : http).request({
      agent: agents[isTls ? "https:" : "http:"],
      host: url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname,
      port: url.port,
      method,
      path: url.pathname + url.search,
      headers: body ? { ...headers, "content-length": String(body.byteLength) } : headers,
      timeout: clocks.idleMs,
    });
    const cancel = () => request.destroy(new UpstreamFailure("cancelled", "the call was cancelled"));
    signal.addEventListener("abort", cancel, { once: true });
    const settled = () => signal.removeEventListener("abort", cancel);

    let answer: IncomingMessage | undefined;
    request.on("timeout", () => {
      const failure = new UpstreamFailure("timeout", `the provider was silent for ${clocks.idleMs} ms`);
      answer?.destroy(failure); // first, or its reader would take the broken connection for a cut
      request.destroy(failure);
    });
    request.on("error", (error) => {
      settled();
      reject(failureOf(error, request.reusedSocket));
    });
    request.on("response", (response) => {
      answer = response;
      resolve(responseBody(response, request, settled));
    });
    limitConnecting(request, clocks.connectMs, isTls);
    request.end(body);
  });
}

function limitConnecting(request: ClientRequest, connectMs: number, isTls: boolean): void {
  request.on("socket", (socket) => {
    if (!socket.connecting) return;
    const failure = () => request.destroy(new UpstreamFailure("timeout", `no connection to the provider within ${connectMs} ms`));
    const timer = setTimeout(failure, connectMs);
    const connected = () => clearTimeout(timer);
    socket.once(isTls ? "secureConnect" : "connect", connected).once("close", connected);
  });
}

function failureOf(error: Error, reusedSocket: boolean): UpstreamFailure {
  if (error instanceof UpstreamFailure) return error;
  const code = (error as NodeJS.ErrnoException).code ?? error.name;
  const isStale = reusedSocket && (code === "ECONNRESET" || code === "EPIPE");
  // Only the code is told: the full message names addresses that are not the client's business.
  return new UpstreamFailure("unreachable", `the provider could not be reached (${code})`, {
    cause: isStale ? new StaleConnection() : error,
  });
}
