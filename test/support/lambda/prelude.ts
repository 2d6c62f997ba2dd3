import type { IncomingMessage } from "node:http";
import type { Ending } from "./runtimeApi.ts";

/** What stands before the body of a streamed HTTP response, up to eight NUL bytes. */
export interface Prelude {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
}

const DELIMITER = Buffer.alloc(8);

/** Reads a streamed response: the prelude to whoever waits for it, everything behind it to the writer. */
export async function splitPrelude(
  request: IncomingMessage,
  prelude: PromiseWithResolvers<Prelude>,
  body: WritableStreamDefaultWriter<Uint8Array>,
): Promise<Ending> {
  let head: Buffer | undefined = Buffer.alloc(0);
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      const rest: Buffer = head ? Buffer.concat([head, chunk]) : chunk;
      const end: number = head ? rest.indexOf(DELIMITER) : 0;
      if (end < 0) head = rest;
      if (end < 0) continue;
      if (head) prelude.resolve(JSON.parse(rest.subarray(0, end).toString("utf8")));
      const bytes = head ? rest.subarray(end + DELIMITER.byteLength) : rest;
      head = undefined;
      if (bytes.byteLength > 0) await body.write(bytes);
    }
  } catch {
    prelude.reject(new Error("the connection broke before the prelude"));
    return { errorType: undefined, isWhole: false };
  }
  const errorType = request.trailers["lambda-runtime-function-error-type"];
  prelude.reject(new Error(`the function answered without a prelude (${errorType ?? "no error"})`));
  return { errorType, isWhole: errorType === undefined };
}
