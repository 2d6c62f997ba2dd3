import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { describeIssues } from "../../shared/config/describeIssues.ts";
import { type GatehouseFile, gatehouseFileSchema } from "../../shared/config/gatehouseFile.ts";

export interface LocalOptions {
  readonly host: string;
  readonly port: number;
  readonly data: string;
  /** undefined: there is no file. */
  readonly file: GatehouseFile | undefined;
}

/** Something that the operator can mend; the message is one line. */
export class UsageError extends Error {}

const DEFAULT_FILE = "gatehouse.json";

export function readOptions(args: readonly string[]): LocalOptions {
  const { port, host, data, config } = parse(args);
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new UsageError(`--port must be a number from 0 to 65535, not ${port}`);
  return { host, port: Number(port), data, file: readFile(config) };
}

function parse(args: readonly string[]) {
  const options = {
    port: { type: "string", default: "8787" },
    host: { type: "string", default: "127.0.0.1" },
    data: { type: "string", default: ".gatehouse" },
    config: { type: "string" },
  } as const;
  try {
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (cause) {
    throw new UsageError(`${(cause as Error).message.split("\n", 1)[0]} (known: --port, --host, --data, --config)`, { cause });
  }
}

function readFile(path: string | undefined): GatehouseFile | undefined {
  if (path === undefined && !existsSync(DEFAULT_FILE)) return undefined;
  const name = path ?? DEFAULT_FILE;
  const { data, error } = gatehouseFileSchema.safeParse(parseJson(name));
  if (data) return data;
  throw new UsageError(`${name}: ${describeIssues(error).join("; ")}`);
}

function parseJson(name: string): unknown {
  let text: string;
  try {
    text = readFileSync(name, "utf8");
  } catch (cause) {
    throw new UsageError(`${name}: cannot be read (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`${name}: is not valid JSON: ${(cause as Error).message.split("\n", 1)[0]}`, { cause });
  }
}
