import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { closed, listening } from "./loopback.ts";

export interface StubRequest {
  readonly method: string;
  readonly path: string;
  /** Of the JSON protocol: `Firehose_20150804.PutRecordBatch` is `PutRecordBatch`. */
  readonly operation: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}
/** `hang`: no answer ever comes. `die`: the connection is broken instead of an answer. */
export type StubAnswer = { readonly status: number; readonly body: string; readonly headers?: Record<string, string> } | "hang" | "die";

export interface Stub {
  readonly endpoint: string;
  close(): Promise<void>;
}

/** A server of an AWS service on loopback: what a test expects of it is in `answer`. */
export async function startStub(answer: (request: StubRequest) => StubAnswer | Promise<StubAnswer>): Promise<Stub> {
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    const operation = String(request.headers["x-amz-target"] ?? "").replace(/^.*\./, "");
    const { method = "", url: path = "", headers } = request;
    respond(response, await answer({ method, path, operation, headers, body }));
  });
  const endpoint = await listening(server);
  return { endpoint, close: () => closed(server) };
}

function respond(response: ServerResponse, answer: StubAnswer): void {
  if (answer === "hang") return;
  if (answer === "die") {
    response.socket?.destroy();
    return;
  }
  response.writeHead(answer.status, { "content-type": "application/x-amz-json-1.1", ...answer.headers }).end(answer.body);
}

export const jsonAnswer = (value: unknown): StubAnswer => ({ status: 200, body: JSON.stringify(value) });

/** As the JSON protocols name what went wrong. */
export const jsonError = (status: number, name: string): StubAnswer => ({
  status,
  headers: { "x-amzn-errortype": name },
  body: JSON.stringify({ __type: name, message: `${name} of a stub` }),
});
