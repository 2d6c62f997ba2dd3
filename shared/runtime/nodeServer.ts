import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Headers, Incoming, Outgoing } from "../contracts/call.ts";
import { newId } from "../contracts/id.ts";
import type { Clock } from "../ports/ports.ts";

// Importing node:http evaluates its lazy exports, undici among them: 25 ms of every start.
const http = process.getBuiltinModule("node:http");

export interface NodeServerOptions {
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  /** One byte more is read, so that whoever looks at the size can tell; the rest is not. */
  readonly maxRequestBytes: number;
  /** Never rejects. */
  readonly serve: (incoming: Incoming, outgoing: Outgoing) => Promise<void>;
}
export interface NodeServer {
  readonly port: number;
  /** Takes no new connection, lets what runs come to its end, and resolves then; after `limitMs` it breaks off what is left. */
  drain(limitMs: number): Promise<void>;
}

/** The HTTP server of a gateway that runs as a process. Rejects when it cannot listen. */
export function listen(options: NodeServerOptions): Promise<NodeServer> {
  const running = new Set<Promise<void>>();
  const server = http.createServer({ keepAliveTimeout: 75_000, requestTimeout: 120_000 }, (request, response) => {
    const answered = answer(request, response, options);
    running.add(answered);
    void answered.finally(() => running.delete(answered));
  });
  server.on("clientError", (_error, socket) => {
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: options.host, port: options.port, backlog: 4096 }, () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : options.port;
      resolve({ port, drain: (limitMs) => drain(server, running, limitMs) });
    });
  });
}

async function drain(server: Server, running: ReadonlySet<Promise<void>>, limitMs: number): Promise<void> {
  server.close();
  server.closeIdleConnections();
  const limit = setTimeout(() => server.closeAllConnections(), limitMs);
  while (running.size > 0) await Promise.all(running);
  clearTimeout(limit);
  server.closeAllConnections();
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { clock, maxRequestBytes, serve }: NodeServerOptions,
): Promise<void> {
  const receivedAt = clock.now();
  const departure = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) departure.abort();
  });
  const bytes = await readBody(request, maxRequestBytes);
  if (!bytes) return; // the client left in the middle of its own request
  const url = request.url ?? "/";
  const mark = url.indexOf("?");
  await serve(
    {
      id: newId("req", receivedAt),
      method: request.method ?? "GET",
      path: mark < 0 ? url : url.slice(0, mark),
      query: mark < 0 ? "" : url.slice(mark + 1),
      headers: singleHeaders(request),
      bytes,
      signal: departure.signal,
      receivedAt,
    },
    outgoingTo(response),
  );
}

const NO_BYTES = new Uint8Array(0);

function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array | undefined> {
  if (request.headers["content-length"] === "0" || (!request.headers["content-length"] && !request.headers["transfer-encoding"]))
    return Promise.resolve(NO_BYTES);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const finish = () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
    request.on("data", (chunk: Buffer) => {
      length += chunk.byteLength;
      if (length - chunk.byteLength <= maxBytes) chunks.push(chunk);
      // Too large in any case: what still comes is read and dropped, so that the client gets to read why.
      else if (length > maxBytes * 4) request.destroy();
    });
    request.on("end", finish);
    request.on("close", () => {
      if (!request.complete) resolve(undefined);
    });
    request.on("error", () => resolve(undefined));
  });
}

/** Node joins repeated headers with commas, except for the one kind that a gateway has no use for. */
const singleHeaders = ({ headers }: IncomingMessage): Headers => headers as Headers;

function outgoingTo(response: ServerResponse): Outgoing {
  const finished = new Promise<void>((resolve) => response.once("close", resolve).once("finish", resolve));
  return {
    finished,
    whole(status, headers, bytes) {
      response.writeHead(status, { ...headers, "content-length": bytes.byteLength });
      response.end(bytes);
    },
    begin(status, headers) {
      response.writeHead(status, headers);
    },
    write(bytes) {
      if (response.write(bytes) || response.destroyed) return;
      return new Promise((resolve) => {
        const go = () => {
          response.off("drain", go).off("close", go);
          resolve();
        };
        response.on("drain", go).on("close", go);
      });
    },
    end: () => void response.end(),
    destroy: () => void response.destroy(),
  };
}
