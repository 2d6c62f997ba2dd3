import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const START = fileURLToPath(new URL("../../functions/start.mjs", import.meta.url));

/** `npm start` as a process of its own. */
export interface StartedGateway {
  readonly process: ChildProcess;
  /** Where it listens; rejects when it ends before it says so. */
  readonly url: Promise<string>;
  readonly exitCode: Promise<number | null>;
  stdout(): string;
  stderr(): string;
  /** Resolves with the exit code, when everything that ran has come to its end. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

const LISTENING = /at (http:\/\/\S+)\/v1, data in/;

/** Nothing of this machine's environment reaches it, least of all a provider's key. */
export function startGateway(folder: string, args: readonly string[] = [], environment: Record<string, string> = {}): StartedGateway {
  const child = spawn(process.execPath, [START, ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"] ?? "", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { stdout: "", stderr: "" };
  const exitCode = once(child, "close").then(([code]) => code as number | null);
  const url = new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (data) => {
      said.stdout += data;
      const [, address] = LISTENING.exec(said.stdout) ?? [];
      if (address) resolve(address);
    });
    child.stderr.on("data", (data) => {
      said.stderr += data;
    });
    void exitCode.then((code) => reject(new Error(`the gateway ended with ${code}: ${said.stderr}`)));
  });
  url.catch(() => {});
  return {
    process: child,
    url,
    exitCode,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    stop(signal = "SIGTERM") {
      child.kill(signal);
      return exitCode;
    },
  };
}
