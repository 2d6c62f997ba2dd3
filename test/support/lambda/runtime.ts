// The process of a Lambda environment: loads a bundle and serves invocations of the Runtime API, as the Node runtime does.
// Usage: node runtime.ts FILE EXPORT, with AWS_LAMBDA_RUNTIME_API and the function's environment; it reports by IPC.
import { Agent, get, type IncomingHttpHeaders, request } from "node:http";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { type EvaluatedFile, watchEvaluation } from "./evaluated.ts";
import { httpResponseStream, type ResponseStream, streamedResponse } from "./responseStream.ts";

export type RuntimeReport =
  | { readonly kind: "initialized"; readonly ms: number; readonly evaluated: readonly EvaluatedFile[] }
  /** When the first byte of an answer was written. */
  | { readonly kind: "answered"; readonly invocation: string; readonly evaluated: readonly EvaluatedFile[] };

type StreamingHandler = (event: unknown, stream: ResponseStream, context: object) => Promise<unknown>;

const [file = "", exported = "handler"] = process.argv.slice(2);
const runtimeApi = process.env["AWS_LAMBDA_RUNTIME_API"] ?? "";
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const evaluated = watchEvaluation(dirname(file));
const report = (said: RuntimeReport) => process.send?.(said);

Object.assign(globalThis, {
  awslambda: { streamifyResponse: (handler: StreamingHandler) => handler, HttpResponseStream: httpResponseStream },
});

const handler = await initialize();
for (;;) {
  const { headers, event } = await nextInvocation();
  await serve(headers, event);
}

async function initialize(): Promise<StreamingHandler> {
  const startedAt = performance.now();
  try {
    const { [exported]: loaded } = await import(pathToFileURL(file).href);
    if (typeof loaded !== "function") throw new Error(`${file} has no function ${exported}`);
    report({ kind: "initialized", ms: performance.now() - startedAt, evaluated: evaluated() });
    return loaded;
  } catch (error) {
    await postError("init/error", error as Error);
    process.exit(1);
  }
}

async function serve(headers: IncomingHttpHeaders, event: unknown): Promise<void> {
  const id = String(headers["lambda-runtime-aws-request-id"]);
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const firstWritten = () => report({ kind: "answered", invocation: id, evaluated: evaluated() });
  const response = streamedResponse(runtimeApi, agent, id, firstWritten);
  process.env["_X_AMZN_TRACE_ID"] = String(headers["lambda-runtime-trace-id"]);
  const context = {
    awsRequestId: id,
    functionName: process.env["AWS_LAMBDA_FUNCTION_NAME"],
    functionVersion: "$LATEST",
    memoryLimitInMB: process.env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
  try {
    await handler(event, response.stream, context);
    await response.taken;
  } catch (error) {
    console.error("Invoke Error", error);
    await response.fail(error as Error);
  }
}

function nextInvocation(): Promise<{ headers: IncomingHttpHeaders; event: unknown }> {
  return new Promise((resolve, reject) => {
    get(`http://${runtimeApi}/2018-06-01/runtime/invocation/next`, { agent }, async (response) => {
      const text = (await response.setEncoding("utf8").toArray()).join("");
      resolve({ headers: response.headers, event: JSON.parse(text) });
    }).on("error", reject);
  });
}

function postError(path: string, { name: errorType, message: errorMessage }: Error): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { "Lambda-Runtime-Function-Error-Type": errorType };
    request(`http://${runtimeApi}/2018-06-01/runtime/${path}`, { method: "POST", agent, headers }, (response) =>
      response.resume().once("end", resolve),
    )
      .on("error", reject)
      .end(JSON.stringify({ errorType, errorMessage, stackTrace: [] }));
  });
}
