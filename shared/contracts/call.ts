import type { JsonObject } from "./json.ts";

/** What a call is about. Everything that has no operation of its own is passed through. */
export type Operation = "chat" | "completions" | "embeddings" | "models" | "passthrough";
export type ClientDialectName = "openai";
export type Headers = Readonly<Record<string, string>>;

/** `json` keeps the bytes as received beside the parsed body, so that an unchanged body is sent as it came. */
export type Payload =
  | { readonly kind: "json"; readonly bytes: Uint8Array; readonly body: JsonObject }
  | { readonly kind: "binary"; readonly bytes: Uint8Array; readonly contentType: string }
  | { readonly kind: "none" };

/** Only `authenticate` reads it. */
export type Credential = { readonly kind: "secret"; readonly value: string } | { readonly kind: "none" };

/** A request as a runtime (Node, Lambda) received it: nothing is understood yet. Header names are lower case. */
export interface Incoming {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  /** Aborted when the client has left (Node), or when the function runs out of time (Lambda): then the reason is a `GatewayError`. */
  readonly signal: AbortSignal;
  readonly receivedAt: number;
}

/** Where the answer goes: the runtime's side of the response. */
export interface Outgoing {
  whole(status: number, headers: Headers, bytes: Uint8Array): void;
  /** Status and headers of a stream; they leave with its first byte. */
  begin(status: number, headers: Headers): void;
  /** A promise when the client is slower than the provider: wait for it before writing on. */
  write(bytes: Uint8Array): void | Promise<void>;
  end(): void;
  /** Breaks the connection off: for bytes that have no way to say that they are not all. */
  destroy(): void;
  /** Resolves when the last byte has left, or the client has. */
  readonly finished: Promise<void>;
}

/** One client request, parsed once. */
export interface Call {
  readonly id: string;
  readonly operation: Operation;
  readonly dialect: ClientDialectName;
  readonly method: string;
  /** Without the query, and below `/v1`. */
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
  readonly payload: Payload;
  readonly stream: boolean;
  readonly credential: Credential;
  readonly signal: AbortSignal;
  readonly receivedAt: number;
}

/** The headers of the gateway's own, each under both prefixes; written out, since names put together at every call are looked up slowly. */
const GATEWAY_HEADERS = {
  "api-key": ["x-gatehouse-api-key", "x-portkey-api-key"],
  config: ["x-gatehouse-config", "x-portkey-config"],
  provider: ["x-gatehouse-provider", "x-portkey-provider"],
  "virtual-key": ["x-gatehouse-virtual-key", "x-portkey-virtual-key"],
  metadata: ["x-gatehouse-metadata", "x-portkey-metadata"],
  "trace-id": ["x-gatehouse-trace-id", "x-portkey-trace-id"],
  "request-timeout": ["x-gatehouse-request-timeout", "x-portkey-request-timeout"],
  "cache-namespace": ["x-gatehouse-cache-namespace", "x-portkey-cache-namespace"],
  "cache-force-refresh": ["x-gatehouse-cache-force-refresh", "x-portkey-cache-force-refresh"],
  "strict-open-ai-compliance": ["x-gatehouse-strict-open-ai-compliance", "x-portkey-strict-open-ai-compliance"],
} as const;

/** A header of the gateway's own: `x-gatehouse-NAME`, else its twin `x-portkey-NAME`. */
export function gatewayHeader(headers: Headers, name: keyof typeof GATEWAY_HEADERS): string | undefined {
  const [own, twin] = GATEWAY_HEADERS[name];
  return headers[own] ?? headers[twin];
}
