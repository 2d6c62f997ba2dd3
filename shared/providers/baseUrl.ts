import { GatewayError } from "../contracts/error.ts";

/**
 * Where a call goes: the path below the base, with the base's own prefix and query kept. The path comes from a client and
 * carries the operator's key, so one that could leave the base is refused: dot segments, `//`, backslashes, `?`, `#` and
 * control characters, also under up to three layers of percent-encoding, since hosts differ in how often they decode.
 */
export function upstreamUrl(base: string, path: string, query = ""): URL {
  if (!isSafe(path)) throw new GatewayError("invalid_request", "the path of this request cannot be sent to a provider");
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/${path.replace(/^\//, "")}`;
  url.search = [url.search.slice(1), query.replace(/^\?/, "")].filter(Boolean).join("&");
  url.hash = "";
  return url;
}

const MAX_ENCODINGS = 3;
const FORBIDDEN = /[\p{Cc}\\?#]|\/\//u;
/** `..;` is a parent directory to Java servers. */
const DOT_SEGMENT = /^\.{1,2}(;|$)/;

function isSafe(path: string, encodingsLeft = MAX_ENCODINGS): boolean {
  if (FORBIDDEN.test(path) || path.split("/").some((segment) => DOT_SEGMENT.test(segment))) return false;
  if (!path.includes("%")) return true;
  const decoded = decode(path);
  return decoded !== undefined && encodingsLeft > 0 && isSafe(decoded, encodingsLeft - 1);
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
