import type { ClientRequest, IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import type { Headers } from "../../contracts/call.ts";
import { UpstreamFailure, type UpstreamResponse } from "../ports.ts";

/** How many chunks may wait for a slow reader before the provider is asked to pause. */
const QUEUE_LIMIT = 32;

/** A provider's response as the port gives it. `settled` is called once, when nothing more can come. */
export function responseBody(response: IncomingMessage, request: ClientRequest, settled: () => void): UpstreamResponse {
  const headers = response.headers as Headers;
  const source = decompressed(response);
  response.once("close", settled);
  const cancel = () => {
    if (!response.complete) request.destroy();
    else response.resume();
  };
  return {
    status: response.statusCode ?? 0,
    headers: source === response ? headers : withoutEncoding(headers),
    body: { [Symbol.asyncIterator]: () => chunksOf(source, response, cancel) },
    whole: () => wholeOf(source, response),
    cancel() {
      response.on("error", () => {});
      cancel();
    },
  };
}

/**
 * The chunks as they come, by events and a small queue: the iterator of a Node stream costs several times as much,
 * and there is one turn of this for every token.
 */
function chunksOf(source: Readable, response: IncomingMessage, cancel: () => void): AsyncIterator<Uint8Array> {
  const queue: Uint8Array[] = [];
  let ending: { readonly failure?: UpstreamFailure } | undefined;
  let waiting: { resolve(result: IteratorResult<Uint8Array>): void; reject(failure: UpstreamFailure): void } | undefined;

  const finish = (failure?: UpstreamFailure) => {
    if (ending) return;
    ending = failure ? { failure } : {};
    const reader = waiting;
    waiting = undefined;
    if (failure) reader?.reject(failure);
    else reader?.resolve({ value: undefined, done: true });
  };
  source.on("data", (chunk: Uint8Array) => {
    if (waiting) {
      const reader = waiting;
      waiting = undefined;
      reader.resolve({ value: chunk, done: false });
      return;
    }
    queue.push(chunk);
    if (queue.length === QUEUE_LIMIT) source.pause();
  });
  onEnd(source, response, finish);

  return {
    next() {
      const value = queue.shift();
      if (value) {
        if (queue.length === QUEUE_LIMIT - 1) source.resume();
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
      finish();
      cancel();
      return Promise.resolve({ value: undefined, done: true });
    },
  };
}

function wholeOf(source: Readable, response: IncomingMessage): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    source.on("data", (chunk: Buffer) => chunks.push(chunk));
    onEnd(source, response, (failure) => {
      if (failure) reject(failure);
      else resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
    });
  });
}

/** A body that stops before its announced end is cut, whatever the stream calls it. */
function onEnd(source: Readable, response: IncomingMessage, finish: (failure?: UpstreamFailure) => void): void {
  const cut = (error?: Error) =>
    error instanceof UpstreamFailure ? error : new UpstreamFailure("cut", "the provider's answer broke off", { cause: error });
  source.on("end", () => finish(response.complete ? undefined : cut()));
  source.on("error", (error) => finish(cut(error)));
  if (source !== response) response.on("error", (error) => finish(cut(error)));
  response.on("close", () => {
    if (!response.complete) finish(cut());
  });
}

const DECOMPRESSORS: Readonly<Record<string, () => NodeJS.ReadWriteStream & Readable>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

/** Compression is not asked for, but some hosts compress all the same. */
function decompressed(response: IncomingMessage): Readable {
  const create = DECOMPRESSORS[response.headers["content-encoding"] ?? ""];
  return create ? response.pipe(create()) : response;
}

function withoutEncoding(headers: Headers): Headers {
  const { "content-encoding": _encoding, "content-length": _length, ...rest } = headers;
  return rest;
}
