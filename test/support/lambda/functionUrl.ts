import { randomUUID } from "node:crypto";
import type { Ending, Invocation, RuntimeApi } from "./runtimeApi.ts";

export interface UrlRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly timeoutMs?: number;
}

/** What came back, as a client sees it, and what only Lambda sees. */
export interface UrlResponse {
  readonly response: Response;
  readonly cookies: readonly string[];
  readonly ended: Promise<Ending>;
  readonly done: Promise<void>;
}

/** Asks a function as its URL would. A function that answers without a prelude is answered for with 502. */
export async function askUrl(runtimeApi: RuntimeApi, request: UrlRequest): Promise<UrlResponse> {
  const invocation = runtimeApi.invoke(eventOf(request), request.timeoutMs);
  const { ended, done } = invocation;
  try {
    const { statusCode, headers, cookies = [] } = await invocation.prelude;
    return { response: new Response(bodyOf(statusCode, invocation), { status: statusCode, headers }), cookies, ended, done };
  } catch {
    return { response: new Response("Internal Server Error", { status: 502 }), cookies: [], ended, done };
  }
}

const bodyOf = (status: number, { body }: Invocation) => (status === 204 || status === 304 ? null : body);

/** Bodies of these types arrive as text, all others in base64. */
const TEXT = /^(text\/|application\/(json|javascript|xml)\b)/i;

/** Payload format 2.0. */
function eventOf({ method, path, headers = {}, body }: UrlRequest): object {
  const { cookie, ...others } = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const [rawPath = "/", rawQueryString = ""] = path.split(/\?(.*)/s);
  const isBase64Encoded = body !== undefined && !TEXT.test(others["content-type"] ?? "");
  const bytes = body === undefined ? undefined : Buffer.from(body as Uint8Array);
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath,
    rawQueryString,
    ...(cookie && { cookies: cookie.split("; ") }),
    headers: { host: "gateway.lambda-url.eu-central-1.on.aws", "x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.1", ...others },
    queryStringParameters: Object.fromEntries(new URLSearchParams(rawQueryString)),
    requestContext: {
      accountId: "anonymous",
      domainName: "gateway.lambda-url.eu-central-1.on.aws",
      http: { method, path: rawPath, protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: others["user-agent"] ?? "" },
      requestId: randomUUID(),
      routeKey: "$default",
      stage: "$default",
      timeEpoch: Date.now(),
    },
    ...(bytes && { body: bytes.toString(isBase64Encoded ? "base64" : "utf8") }),
    isBase64Encoded,
  };
}
