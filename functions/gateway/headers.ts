import type { Headers } from "../../shared/contracts/call.ts";

/** What a client may tell a provider beside the body. Everything else stays here, credentials and cookies above all. */
const FORWARDED: readonly string[] = ["accept", "openai-beta"];

export function forwardedHeaders(headers: Headers): Headers {
  const forwarded: Record<string, string> = { "user-agent": "gatehouse" };
  for (const name of FORWARDED) {
    const value = headers[name];
    if (value !== undefined) forwarded[name] = value;
  }
  return forwarded;
}

/** What a provider says to its own client only, or what this hop decides anew. */
const KEPT_BACK = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "content-length",
  "content-encoding",
  "set-cookie",
  "date",
  "server",
  "via",
  "alt-svc",
  "strict-transport-security",
  "access-control-allow-origin",
  "access-control-expose-headers",
  "openai-organization",
  "openai-project",
]);

/** The provider's headers that are the client's business: rate limits, request ids, retry-after and the like. */
export function returnedHeaders(headers: Headers): Record<string, string> {
  const returned: Record<string, string> = {};
  for (const name in headers) {
    if (!KEPT_BACK.has(name) && !name.startsWith("x-gatehouse-") && !name.startsWith("x-portkey-"))
      returned[name] = headers[name] as string;
  }
  return returned;
}
