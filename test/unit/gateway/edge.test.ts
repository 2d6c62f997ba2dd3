import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readCall } from "../../../functions/gateway/edge.ts";
import type { Call, Incoming } from "../../../shared/contracts/call.ts";
import { GatewayError } from "../../../shared/contracts/error.ts";

const read = (incoming: Partial<Incoming> & { readonly body?: string } = {}): Call =>
  readCall(
    {
      id: "req_1",
      method: "POST",
      path: "/v1/chat/completions",
      query: "",
      headers: { "content-type": "application/json" },
      bytes: Buffer.from(incoming.body ?? "{}"),
      signal: new AbortController().signal,
      receivedAt: 0,
      ...incoming,
    },
    { maxRequestBytes: 1000 },
  );
const codeOf = (incoming: Parameters<typeof read>[0]): string | undefined => {
  try {
    read(incoming);
    return undefined;
  } catch (error) {
    return error instanceof GatewayError ? error.code : String(error);
  }
};

describe("the operation", () => {
  test.each([
    ["POST", "/v1/chat/completions", "chat"],
    ["POST", "/v1/chat/completions/", "chat"],
    ["POST", "/v1/completions", "completions"],
    ["POST", "/v1/embeddings", "embeddings"],
    ["GET", "/v1/models", "models"],
    ["GET", "/v1/models/gpt-4o", "passthrough"],
    ["POST", "/v1/responses", "passthrough"],
    ["DELETE", "/v1/files/x", "passthrough"],
    ["GET", "/v1/%63hat/completions", "passthrough"],
  ])("of %s %s is %s", (method, path, operation) => {
    expect(read({ method, path }).operation).toBe(operation);
  });
});

describe("the body", () => {
  test("is parsed once, and its bytes stay beside it", () => {
    const body = '{ "model":"m", "stream" : true }';
    const { payload, stream } = read({ body });
    expect(payload).toEqual({ kind: "json", bytes: Buffer.from(body), body: { model: "m", stream: true } });
    expect(stream).toBe(true);
  });

  test.each([['{"stream":"true"}'], ['{"stream":1}'], ["{}"], ['{"stream":false}']])("asks for a stream only with true: %s", (body) => {
    expect(read({ body }).stream).toBe(false);
  });

  test("of what is passed through may be anything, or nothing", () => {
    const path = "/v1/files";
    expect(read({ path, bytes: new Uint8Array(), headers: {} }).payload).toEqual({ kind: "none" });
    expect(read({ path, bytes: Buffer.from([0, 255]), headers: {} }).payload).toMatchObject({
      kind: "binary",
      contentType: "application/octet-stream",
    });
    expect(read({ path, bytes: Buffer.from("a=b"), headers: { "content-type": "text/csv" } }).payload).toMatchObject({
      kind: "binary",
      contentType: "text/csv",
    });
    expect(read({ path }).payload.kind).toBe("json");
  });

  test("that JSON.parse would read, without doubled names, is taken; everything else is refused", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value)),
        ),
        (body) => {
          fc.pre(Buffer.byteLength(body) <= 1000);
          const parsed = ((): unknown => {
            try {
              return JSON.parse(body);
            } catch {
              return undefined;
            }
          })();
          const isObject = typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
          const code = codeOf({ body });
          if (!isObject) expect(code).toBe("invalid_json");
          else expect([undefined, "invalid_json"]).toContain(code);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("with a name twice is refused, however the second is spelled", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 20 }), fc.jsonValue(), fc.jsonValue(), (name, first, second) => {
        const spelled = `"${[...name].map((character) => (character.length === 1 ? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}` : character)).join("")}"`;
        const body = `{${JSON.stringify(name)}:${JSON.stringify(first)}, ${spelled} :${JSON.stringify(second)}}`;
        fc.pre(Buffer.byteLength(body) <= 1000);
        expect(codeOf({ body })).toBe("invalid_json");
      }),
    );
  });
});

describe("the credential", () => {
  const credential = (headers: Record<string, string>) => read({ headers: { "content-type": "application/json", ...headers } }).credential;

  test.each([
    [{ authorization: "Bearer abc" }, "abc"],
    [{ authorization: "BEARER   abc" }, "abc"],
    [{ "x-api-key": " abc " }, "abc"],
    [{ authorization: "Bearer no", "x-portkey-api-key": "abc" }, "abc"],
    [{ "x-portkey-api-key": "no", "x-gatehouse-api-key": "abc" }, "abc"],
    [{ "x-api-key": "abc", "x-goog-api-key": "no" }, "abc"],
  ])("is found in %j", (headers, value) => {
    expect(credential(headers)).toEqual({ kind: "secret", value });
  });

  test.each([
    [{}],
    [{ authorization: "abc" }],
    [{ authorization: "Basic abc" }],
    [{ authorization: "Bearer" }],
    [{ authorization: "Bearer a b" }],
    [{ "x-api-key": "" }],
  ])("is not found in %j", (headers) => {
    expect(credential(headers)).toEqual({ kind: "none" });
  });
});

test("nothing of a request that is repeated in an error could start a line or a tag", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
      for (const incoming of [{ path: `/${text}` }, { method: text || "X" }, { headers: { "content-type": `text/${text}` } }]) {
        const message = ((): string => {
          try {
            read(incoming);
            return "";
          } catch (error) {
            return (error as Error).message;
          }
        })();
        expect(message).toMatch(/^[\x20-\x3b\x3d\x3f-\x7e]{0,250}$/);
      }
    }),
  );
});
