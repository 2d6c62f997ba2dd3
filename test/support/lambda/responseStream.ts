import { type Agent, type ClientRequest, request } from "node:http";

const [ERROR_TYPE, ERROR_BODY] = ["Lambda-Runtime-Function-Error-Type", "Lambda-Runtime-Function-Error-Body"];
const PRELUDE_TYPE = "application/vnd.awslambda.http-integration-response";

const METHODS = [
  "cork",
  "uncork",
  "write",
  "end",
  "destroy",
  "on",
  "once",
  "off",
  "emit",
  "addListener",
  "removeListener",
  "listenerCount",
  "prependListener",
] as const;
const PROPERTIES = [
  "destroyed",
  "writable",
  "writableEnded",
  "writableFinished",
  "writableLength",
  "writableNeedDrain",
  "writableHighWaterMark",
] as const;

/** What a streaming handler is given: no real stream, but an object with the methods of one. */
export type ResponseStream = Pick<ClientRequest, (typeof METHODS)[number] | (typeof PROPERTIES)[number]> & {
  setContentType(type: string): void;
  beforeFirstWrite: ((write: (chunk: string | Uint8Array) => void) => void) | undefined;
};

export interface StreamedResponse {
  readonly stream: ResponseStream;
  /** The Runtime API has read everything; rejects when the connection broke. */
  readonly taken: Promise<void>;
  /** Ends the response with trailers that say why. */
  fail(error: Error): Promise<void>;
}

/** Posts a response while it is written, as the Node runtime of Lambda does in streaming mode. */
export function streamedResponse(runtimeApi: string, agent: Agent, invocation: string, firstWritten: () => void): StreamedResponse {
  const taken = Promise.withResolvers<void>();
  const headers = {
    "Lambda-Runtime-Function-Response-Mode": "streaming",
    Trailer: [ERROR_TYPE, ERROR_BODY],
    "Content-Type": "application/octet-stream",
    "Transfer-Encoding": "chunked",
  };
  const url = `http://${runtimeApi}/2018-06-01/runtime/invocation/${invocation}/response`;
  const post = request(url, { method: "POST", agent, headers }, (response) => {
    response.resume().once("end", taken.resolve).once("aborted", taken.reject);
  });
  // Nobody awaits the second one: like the real runtime, this process dies when its response breaks.
  post.on("error", (error) => {
    void Promise.reject(error);
    taken.reject(error);
  });
  taken.promise.catch(() => {});
  return {
    stream: facade(post, firstWritten),
    taken: taken.promise,
    fail(error) {
      const { name: errorType, message: errorMessage, stack = "" } = error;
      const trace = stack.split("\n").slice(1);
      post.addTrailers({
        [ERROR_TYPE]: errorType,
        [ERROR_BODY]: Buffer.from(JSON.stringify({ errorType, errorMessage, trace })).toString("base64"),
      });
      return new Promise((resolve) => post.end(resolve));
    },
  };
}

function facade(post: ClientRequest, firstWritten: () => void): ResponseStream {
  let isReady = true;
  const write = post.write.bind(post);
  const stream = Object.assign(Object.fromEntries(METHODS.map((name) => [name, post[name].bind(post)])), {
    beforeFirstWrite: undefined,
    setContentType(type: string) {
      if (!isReady) throw new Error("Cannot set content-type, too late.");
      post.setHeader("Content-Type", type);
    },
  }) as unknown as ResponseStream;
  for (const name of PROPERTIES) Object.defineProperty(stream, name, { get: () => post[name] });
  stream.write = ((chunk: unknown, ...rest: []) => {
    if (isReady) {
      firstWritten();
      stream.beforeFirstWrite?.(write);
      isReady = false;
    }
    return write(typeof chunk === "string" || chunk instanceof Uint8Array ? chunk : JSON.stringify(chunk), ...rest);
  }) as typeof write;
  return stream;
}

/** The half of the global `awslambda` that turns bytes into an HTTP response. */
export const httpResponseStream = {
  from(stream: ResponseStream, prelude: unknown): ResponseStream {
    stream.setContentType(PRELUDE_TYPE);
    stream.beforeFirstWrite = (write) => {
      write(JSON.stringify(prelude));
      write(new Uint8Array(8));
    };
    return stream;
  },
};
