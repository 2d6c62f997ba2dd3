import type { Operation } from "../../shared/contracts/call.ts";

interface Route {
  readonly path: string;
  readonly method: "GET" | "POST";
  readonly operation: Operation;
}

/** The paths below /v1 that mean something here; every other one is passed through, if the key may do that. */
export const ROUTES: readonly Route[] = [
  { path: "chat/completions", method: "POST", operation: "chat" },
  { path: "completions", method: "POST", operation: "completions" },
  { path: "embeddings", method: "POST", operation: "embeddings" },
  { path: "models", method: "GET", operation: "models" },
];

export const PASSTHROUGH_METHODS: readonly string[] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
