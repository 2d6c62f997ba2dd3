import { Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import type { Headers } from "../../contracts/call.ts";
import { UpstreamFailure, type UpstreamResponse } from "../ports.ts";

interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly chunks: AsyncIterator<Uint8Array>;
  /** Lets go of a body that nobody reads. */
  readonly cancel: () => void;
}

/** A response as the port gives it. Compression is not asked for, but some hosts compress all the same. */
export function responseOf({ status, headers, chunks, cancel }: Received): UpstreamResponse {
  const decompressor = DECOMPRESSORS[headers["content-encoding"] ?? ""]?.();
  const plain = decompressor ? decompressed(chunks, decompressor) : chunks;
  return {
    status,
    headers: decompressor ? withoutEncoding(headers) : headers,
    body: { [Symbol.asyncIterator]: () => plain },
    whole: () => joined(plain),
    cancel,
  };
}

const DECOMPRESSORS: Readonly<Record<string, () => NodeJS.ReadWriteStream & Readable>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

async function* decompressed(
  chunks: AsyncIterator<Uint8Array>,
  decompressor: NodeJS.ReadWriteStream & Readable,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from({ [Symbol.asyncIterator]: () => chunks }).on("error", (failure) => decompressor.destroy(failure));
  try {
    yield* source.pipe(decompressor) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    throw cause instanceof UpstreamFailure ? cause : new UpstreamFailure("cut", "the provider's answer cannot be decompressed", { cause });
  } finally {
    await chunks.return?.();
  }
}

async function joined(chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) pieces.push(next.value);
  return pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces);
}

function withoutEncoding({ "content-encoding": _encoding, "content-length": _length, ...headers }: Headers): Headers {
  return headers;
}
