import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { closed, listening } from "../aws/loopback.ts";
import { type Prelude, splitPrelude } from "./prelude.ts";

/** One event on its way through the function. */
export interface Invocation {
  readonly id: string;
  /** Status, headers and cookies; rejects when the function answers without them. */
  readonly prelude: Promise<Prelude>;
  /** The bytes behind the prelude, as they come. */
  readonly body: ReadableStream<Uint8Array>;
  /** The last byte has come. */
  readonly ended: Promise<Ending>;
  /** The runtime asked for the next event: everything that this one caused is over. Rejects when its time is up before. */
  readonly done: Promise<void>;
}
export interface Ending {
  /** The error type in the trailers; undefined when it ended well. */
  readonly errorType: string | undefined;
  readonly isWhole: boolean;
}

/** Lambda's side of a function: gives events to a runtime and takes its answers, as they are streamed. */
export interface RuntimeApi {
  /** `host:port`, for AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  /** The function asked for its first event; rejects with the error that it reported instead. */
  readonly initialized: Promise<void>;
  invoke(event: unknown, timeoutMs?: number): Invocation;
  close(): Promise<void>;
}

const DEFAULT_TIMEOUT_MS = 900_000;
const PREFIX = "/2018-06-01/runtime/";

export async function startRuntimeApi(): Promise<RuntimeApi> {
  const events: Pending[] = [];
  const running = new Map<string, Pending>();
  const initialized = Promise.withResolvers<void>();
  let waiting: ServerResponse | undefined;
  initialized.promise.catch(() => {});

  const deliver = () => {
    const pending = waiting && events.shift();
    if (!waiting || !pending) return;
    running.set(pending.id, pending);
    sendEvent(waiting, pending);
    waiting = undefined;
  };
  const server = createServer(async (request, response) => {
    const [, id = "", what] = /^invocation\/([^/]+)(?:\/(\w+))?$/.exec((request.url ?? "").slice(PREFIX.length)) ?? [];
    if (id === "next") {
      initialized.resolve();
      for (const pending of running.values()) pending.finish();
      running.clear();
      waiting = response;
      return deliver();
    }
    if (what === "response") await running.get(id)?.take(request);
    else initialized.reject(new Error((await request.toArray()).join("")));
    response.writeHead(202).end();
  });
  const address = (await listening(server)).slice("http://".length);
  return {
    address,
    initialized: initialized.promise,
    invoke(event, timeoutMs = DEFAULT_TIMEOUT_MS) {
      const pending = pendingInvocation(event, timeoutMs);
      events.push(pending);
      deliver();
      return pending.invocation;
    },
    close: () => closed(server),
  };
}

interface Pending {
  readonly id: string;
  readonly event: unknown;
  readonly timeoutMs: number;
  readonly invocation: Invocation;
  /** Reads a response while it is written. */
  take(request: IncomingMessage): Promise<void>;
  finish(): void;
}

function pendingInvocation(event: unknown, timeoutMs: number): Pending {
  const id = randomUUID();
  const prelude = Promise.withResolvers<Prelude>();
  const ended = Promise.withResolvers<Ending>();
  const done = Promise.withResolvers<void>();
  for (const { promise } of [prelude, done]) promise.catch(() => {});
  const timer = setTimeout(() => done.reject(new Error(`the invocation was not over after ${timeoutMs} ms`)), timeoutMs);
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>(undefined, undefined, { highWaterMark: 1024 });

  return {
    id,
    event,
    timeoutMs,
    invocation: { id, prelude: prelude.promise, body: readable, ended: ended.promise, done: done.promise },
    async take(request) {
      const writer = writable.getWriter();
      const ending = await splitPrelude(request, prelude, writer);
      if (ending.isWhole) await writer.close();
      else await writer.abort(new Error("the response broke off"));
      ended.resolve(ending);
    },
    finish() {
      clearTimeout(timer);
      done.resolve();
    },
  };
}

function sendEvent(response: ServerResponse, { id, event, timeoutMs }: Pending): void {
  response.writeHead(200, {
    "content-type": "application/json",
    "lambda-runtime-aws-request-id": id,
    "lambda-runtime-deadline-ms": String(Date.now() + timeoutMs),
    "lambda-runtime-invoked-function-arn": "arn:aws:lambda:eu-central-1:123456789012:function:gateway",
    "lambda-runtime-trace-id": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
  });
  response.end(JSON.stringify(event));
}
