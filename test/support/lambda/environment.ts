import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { EvaluatedFile } from "./evaluated.ts";
import { askUrl, type UrlRequest, type UrlResponse } from "./functionUrl.ts";
import type { RuntimeReport } from "./runtime.ts";
import { startRuntimeApi } from "./runtimeApi.ts";

const RUNTIME = fileURLToPath(new URL("runtime.ts", import.meta.url));

/** One environment of a function: a process that serves one event after the other. */
export interface LambdaEnvironment {
  /** When it is ready for events; rejects with what it reported instead. */
  readonly initialized: Promise<Initialized>;
  /** What had been evaluated when the first byte of the first answer was written. */
  readonly firstAnswer: Promise<readonly EvaluatedFile[]>;
  readonly process: ChildProcess;
  ask(request: UrlRequest): Promise<UrlResponse>;
  /** What the function wrote to its log. */
  log(): string;
  close(): Promise<void>;
}
export interface Initialized {
  /** Evaluating the function, as Lambda's init phase does. */
  readonly ms: number;
  readonly evaluated: readonly EvaluatedFile[];
}

/** Loads `lambda.mjs` of a folder and runs its `handler` as Lambda would. Nothing of this machine's environment reaches it. */
export async function startEnvironment(folder: string, variables: Readonly<Record<string, string>>): Promise<LambdaEnvironment> {
  const runtimeApi = await startRuntimeApi();
  const child = spawn(process.execPath, [RUNTIME, join(folder, "lambda.mjs"), "handler"], {
    env: { ...LAMBDA, ...variables, AWS_LAMBDA_RUNTIME_API: runtimeApi.address },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const [initialized, firstAnswer] = [Promise.withResolvers<Initialized>(), Promise.withResolvers<readonly EvaluatedFile[]>()];
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (data) => {
      said += data;
    });
  }
  child.on("message", (report: RuntimeReport) =>
    report.kind === "initialized" ? initialized.resolve(report) : firstAnswer.resolve(report.evaluated),
  );
  const exited = once(child, "close").then(() => initialized.reject(new Error(`the function ended: ${said}`)));
  initialized.promise.catch(() => {});

  return {
    initialized: runtimeApi.initialized.then(() => initialized.promise),
    firstAnswer: firstAnswer.promise,
    process: child,
    ask: (request) => askUrl(runtimeApi, request),
    log: () => said,
    async close() {
      child.kill("SIGKILL");
      await exited;
      await runtimeApi.close();
    },
  };
}

const LAMBDA = {
  PATH: "",
  AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
  AWS_REGION: "eu-central-1",
  AWS_DEFAULT_REGION: "eu-central-1",
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
  AWS_SESSION_TOKEN: "test",
  AWS_LAMBDA_FUNCTION_NAME: "gateway",
  AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "512",
  AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
  LAMBDA_TASK_ROOT: "/var/task",
  _HANDLER: "lambda.handler",
  TZ: ":UTC",
};
