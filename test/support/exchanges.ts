import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

type JsonBody = Readonly<Record<string, unknown>>;

/** A recorded HTTP exchange with a provider; the format is told in `fixtures/README.md`. */
export interface Exchange {
  readonly id: string;
  readonly provider: string;
  readonly api: string;
  readonly dialect: string;
  readonly requestRecorded?: false;
  readonly request: { readonly body: JsonBody | null };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly stream: boolean;
    readonly body: unknown;
    readonly sse?: string;
  };
  readonly facts?: Facts;
}

/** What an independent reader took from the answer, for its first choice. */
export interface Facts {
  readonly text?: string | null;
  readonly reasoningText?: string;
  readonly toolCalls?: readonly { readonly id?: string; readonly name: string; readonly arguments?: unknown; readonly input?: unknown }[];
  readonly functionCall?: { readonly name: string; readonly arguments: unknown };
  readonly stop?: string | null;
  readonly usage?: StatedUsage | null;
  readonly error?: { readonly message: string };
}

/** The members of a raw `usage` that count tokens. */
export interface StatedUsage {
  readonly prompt_tokens?: number;
  readonly completion_tokens?: number;
  readonly total_tokens?: number;
  readonly prompt_tokens_details?: Readonly<Record<string, number | null>> | null;
  readonly completion_tokens_details?: Readonly<Record<string, number | null>> | null;
  readonly cached_tokens?: number | null;
  readonly num_cached_tokens?: number | null;
  readonly prompt_cache_hit_tokens?: number | null;
}

type IndexEntry = Pick<Exchange, "id" | "provider" | "api" | "dialect"> & { readonly file: string };

const FOLDER = fileURLToPath(new URL("../../../shared/fixtures/exchanges/", import.meta.url));

/** They stand beside the repository, not in it. */
export const NO_EXCHANGES = "the recorded exchanges (../shared/fixtures) are not on this machine";

/** None where the folder is absent. */
export function recordedExchanges(isWanted: (entry: Omit<IndexEntry, "file">) => boolean): readonly Exchange[] {
  if (!existsSync(`${FOLDER}index.json`)) return [];
  const index = JSON.parse(readFileSync(`${FOLDER}index.json`, "utf8")) as readonly IndexEntry[];
  return index.filter(isWanted).map(({ file }) => JSON.parse(readFileSync(FOLDER + file, "utf8")) as Exchange);
}
