import {
  type Call,
  type Credential,
  gatewayHeader,
  type Headers,
  type Incoming,
  type Operation,
  type Payload,
} from "../../shared/contracts/call.ts";
import { GatewayError } from "../../shared/contracts/error.ts";
import { isJsonObject } from "../../shared/contracts/json.ts";
import { repeatedMember } from "../../shared/wire/jsonEdit.ts";
import { PASSTHROUGH_METHODS, ROUTES } from "./operations.ts";

/** Understands a request as far as it can be without asking anybody, and refuses early what cannot be served. */
export function readCall(incoming: Incoming, { maxRequestBytes }: { readonly maxRequestBytes: number }): Call {
  const { id, method, query, headers, bytes, signal, receivedAt } = incoming;
  if (bytes.byteLength > maxRequestBytes) throw tooLarge(maxRequestBytes);
  const path = pathBelowV1(incoming.path);
  const operation = operationOf(method, path);
  const payload = readPayload(operation, headers, bytes);
  return {
    id,
    operation,
    dialect: "openai",
    method,
    path,
    query,
    headers,
    payload,
    stream: payload.kind === "json" && payload.body.stream === true,
    credential: readCredential(headers),
    signal,
    receivedAt,
  };
}

export const tooLarge = (maxRequestBytes: number): GatewayError =>
  new GatewayError("payload_too_large", `the request body is larger than ${maxRequestBytes} bytes, the most that this gateway takes`);

function pathBelowV1(path: string): string {
  if (path.startsWith("/v1/") && path.length > "/v1/".length) return path.slice("/v1/".length).replace(/\/$/, "");
  throw new GatewayError("not_found", `there is nothing at ${printable(path)}`, {
    remedy: "The API is below /v1, such as POST /v1/chat/completions",
  });
}

function operationOf(method: string, path: string): Operation {
  const route = ROUTES.find((known) => known.path === path);
  if (!route && PASSTHROUGH_METHODS.includes(method)) return "passthrough";
  if (route?.method === method) return route.operation;
  const allow = route ? route.method : PASSTHROUGH_METHODS.join(", ");
  throw new GatewayError("method_not_allowed", `${printable(method)} is not possible at /v1/${printable(path)}`, {
    remedy: `Use ${allow}`,
    headers: { allow },
  });
}

function readPayload(operation: Operation, headers: Headers, bytes: Uint8Array): Payload {
  const contentType = headers["content-type"];
  const isJson = contentType === undefined || /^application\/([\w.-]+\+)?json\b/i.test(contentType);
  if (operation === "models" || (operation === "passthrough" && bytes.byteLength === 0)) return { kind: "none" };
  if (isJson && (operation !== "passthrough" || contentType !== undefined)) return readJson(bytes);
  if (operation === "passthrough") return { kind: "binary", bytes, contentType: contentType ?? "application/octet-stream" };
  throw new GatewayError("unsupported_media_type", `this route takes application/json, not ${printable(contentType ?? "")}`, {
    remedy: "Send the header content-type: application/json",
  });
}

function readJson(bytes: Uint8Array): Payload {
  const body = parse(bytes);
  if (!isJsonObject(body)) throw new GatewayError("invalid_json", "the request body must be a JSON object");
  // The provider might believe the other of two values than the one that was checked here.
  const repeated = repeatedMember(bytes);
  if (repeated !== undefined)
    throw new GatewayError("invalid_json", `the request body has ${printable(repeated)} twice`, { param: printable(repeated) });
  return { kind: "json", bytes, body };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"));
  } catch (cause) {
    throw new GatewayError("invalid_json", "the request body is not valid JSON", { cause });
  }
}

/** The gateway's own header first: Portkey's SDK puts a provider's key into `authorization` beside it. */
function readCredential(headers: Headers): Credential {
  const bearer = /^bearer +(\S+)$/i.exec(headers["authorization"] ?? "")?.[1];
  const value = gatewayHeader(headers, "api-key") ?? bearer ?? headers["x-api-key"] ?? headers["api-key"] ?? headers["x-goog-api-key"];
  return value ? { kind: "secret", value: value.trim() } : { kind: "none" };
}

/** Part of a request that is repeated in an error: short, and nothing that could start a new line or a tag. */
const printable = (text: string): string => text.slice(0, 100).replace(/[^\x20-\x7e]|[<>]/g, "?");
