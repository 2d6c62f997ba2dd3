import type { ClientRequest, IncomingMessage } from "node:http";
import type { Headers } from "../../contracts/call.ts";
import { UpstreamFailure, type UpstreamResponse } from "../ports.ts";
import { chunkQueue } from "./chunkQueue.ts";
import { responseOf } from "./contentEncoding.ts";

/** A response of `node:http` as the port gives it. `settled` is called once, when nothing more can come. */
export function responseBody(response: IncomingMessage, request: ClientRequest, settled: () => void): UpstreamResponse {
  const cancel = () => {
    response.on("error", () => {});
    if (response.complete) response.resume();
    else request.destroy();
  };
  const queue = chunkQueue({ pause: () => response.pause(), resume: () => response.resume(), cancel });
  // A body that stops before its announced end is cut, whatever the stream calls it.
  const cut = (cause?: Error) =>
    cause instanceof UpstreamFailure ? cause : new UpstreamFailure("cut", "the provider's answer broke off", { cause });
  response.on("data", queue.push);
  response.on("end", () => queue.end(response.complete ? undefined : cut()));
  response.on("error", (error) => queue.end(cut(error)));
  response.on("close", () => {
    settled();
    if (!response.complete) queue.end(cut());
  });
  return responseOf({ status: response.statusCode ?? 0, headers: response.headers as Headers, chunks: queue.chunks, cancel });
}
