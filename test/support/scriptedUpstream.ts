import http, { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as it reached the provider. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  /** Parsed where it is JSON. */
  readonly body: Record<string, unknown>;
  /** Resolves when the connection of this request was closed before its answer was finished. */
  readonly abandoned: Promise<void>;
}
export type Script = (request: SeenRequest, response: ServerResponse) => unknown;

/** A provider on loopback that does what a test tells it. */
export interface ScriptedUpstream {
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  answer(script: Script): void;
  close(): Promise<void>;
}

export async function scriptedUpstream(first: Script = always(completion("Hello"))): Promise<ScriptedUpstream> {
  const seen: SeenRequest[] = [];
  let script = first;
  const server = http.createServer(async (request, response) => {
    const arrived = await read(request, response);
    seen.push(arrived);
    await script(arrived, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", 4096, resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    seen,
    answer: (next) => {
      script = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The same JSON for every request. */
export const always =
  (body: unknown, status = 200, headers: Record<string, string> = {}): Script =>
  (_request, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };

/** One script after the other; the last one stays. */
export const inTurn = (...scripts: readonly Script[]): Script => {
  let turn = 0;
  return (request, response) => scripts[Math.min(turn++, scripts.length - 1)]?.(request, response);
};

/** Writes the pieces as they are, one turn of the event loop after the other, and ends well. */
export const streaming =
  (pieces: readonly (string | Uint8Array)[], pauseMs = 0): Script =>
  async (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const piece of pieces) {
      response.write(piece);
      await pause(pauseMs);
    }
    response.end();
  };

/** Writes the pieces and then breaks the connection. */
export const cutAfter =
  (pieces: readonly string[]): Script =>
  async (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const piece of pieces) {
      response.write(piece);
      await pause(2);
    }
    response.socket?.resetAndDestroy();
  };

export const pause = (ms: number): Promise<void> => new Promise((resolve) => (ms > 0 ? setTimeout(resolve, ms) : setImmediate(resolve)));

export const completion = (content: string, usage: unknown = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 }) => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1_700_000_000,
  model: "gpt-4o-mini-2024-07-18",
  choices: [{ index: 0, message: { role: "assistant", content }, logprobs: null, finish_reason: "stop" }],
  usage,
});

export const event = (data: unknown): string => `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;

const chunk = (choices: readonly unknown[], rest = {}) =>
  event({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1_700_000_000, model: "gpt-4o-mini-2024-07-18", choices, ...rest });
export const textChunk = (content: string): string => chunk([{ index: 0, delta: { content }, finish_reason: null }]);
export const stopChunk = chunk([{ index: 0, delta: {}, finish_reason: "stop" }]);
export const usageChunk = chunk([], { usage: { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 } });
export const DONE = event("[DONE]");

async function read(request: IncomingMessage, response: ServerResponse): Promise<SeenRequest> {
  const abandoned = new Promise<void>((resolve) => {
    response.on("close", () => {
      if (!response.writableFinished) resolve();
    });
  });
  const chunks: Buffer[] = [];
  for await (const piece of request) chunks.push(piece as Buffer);
  const bytes = Buffer.concat(chunks);
  return { method: request.method ?? "", path: request.url ?? "", headers: request.headers, bytes, body: parsed(bytes), abandoned };
}

function parsed(bytes: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(bytes.toString("utf8")) as Record<string, unknown>;
  } catch {
    return {};
  }
}
