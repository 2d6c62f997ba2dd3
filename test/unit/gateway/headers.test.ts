import fc from "fast-check";
import { expect, test } from "vitest";
import { forwardedHeaders, returnedHeaders } from "../../../functions/gateway/headers.ts";

test("whatever a client sends, only what a provider may know goes on", () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.constantFrom(
          "authorization",
          "cookie",
          "x-api-key",
          "x-portkey-config",
          "host",
          "content-length",
          "accept",
          "openai-beta",
          "x-anything",
        ),
        fc.string(),
      ),
      (headers) => {
        for (const name of Object.keys(forwardedHeaders(headers))) expect(["user-agent", "accept", "openai-beta"]).toContain(name);
      },
    ),
  );
});

test("a provider's limits and ids reach the client", () => {
  const headers = {
    "content-type": "application/json",
    "retry-after": "7",
    "x-ratelimit-limit-requests": "10",
    "x-request-id": "a",
    "openai-processing-ms": "5",
  };
  expect(returnedHeaders(headers)).toEqual(headers);
});

test.each([
  "connection",
  "keep-alive",
  "transfer-encoding",
  "te",
  "trailer",
  "upgrade",
  "proxy-authenticate",
  "content-length",
  "content-encoding",
  "set-cookie",
  "openai-organization",
  "openai-project",
  "x-gatehouse-anything",
  "x-portkey-anything",
])("%s does not", (name) => {
  expect(returnedHeaders({ [name]: "value" })).toEqual({});
});
