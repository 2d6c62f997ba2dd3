import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { upstreamUrl } from "../../../shared/providers/baseUrl.ts";

const BASE = "https://api.vendor.test/openai/v1";
const fragment = fc.constantFrom(
  "..",
  ".",
  "/",
  "//",
  "\\",
  "%2e",
  "%2E%2e",
  "%252e",
  "%2f",
  "%5c",
  "%",
  "?",
  "#",
  "@",
  ":",
  "\n",
  "\t",
  "\0",
  ";",
  "é",
  "chat",
  "evil.test",
);
const hostilePath = fc.oneof(
  fc.array(fragment, { maxLength: 12 }).map((parts) => parts.join("")),
  fc.string({ unit: "binary" }),
  fc.webPath(),
);

describe("upstreamUrl", () => {
  test.each([
    ["https://api.openai.com/v1", "/chat/completions", "", "https://api.openai.com/v1/chat/completions"],
    ["https://api.vendor.test/a/b/", "models", "", "https://api.vendor.test/a/b/models"],
    ["https://api.deepseek.com", "/chat/completions", "", "https://api.deepseek.com/chat/completions"],
    [BASE, "/models/org%2Fmodel-1.5:free", "limit=2&after=x", `${BASE}/models/org%2Fmodel-1.5:free?limit=2&after=x`],
    [BASE, "/files", "?purpose=batch", `${BASE}/files?purpose=batch`],
    ["https://api.vendor.test/v1?tenant=7#top", "/files", "limit=2", "https://api.vendor.test/v1/files?tenant=7&limit=2"],
    [BASE, "/files/..a", "x=#y", `${BASE}/files/..a?x=%23y`],
  ])("joins %s, %s and %s", (base, path, query, expected) => {
    expect(upstreamUrl(base, path, query).href).toBe(expected);
  });

  test.each([
    "/../admin",
    "/a/../../b",
    "/a/./b",
    "..",
    "/%2e%2e/admin",
    "/%252E%252e/admin",
    "/a%2f..%2fb",
    "/a%5c..%5cb",
    "/..;/admin",
    "//evil.test",
    "/a//b",
    "/a%2F%2Fb",
    "/a\\b",
    "/a\nb",
    "/a%0d%0ab",
    "/a%00",
    "/a?b",
    "/a#b",
    "/a%23b",
    "/100%",
    "/%2525252525252e",
  ])("refuses %j", (path) => {
    expect(() => upstreamUrl(BASE, path)).toThrow(expect.objectContaining({ code: "invalid_request" }));
  });

  test("never leaves the base, whatever the path and the query", () => {
    fc.assert(
      fc.property(hostilePath, fc.string({ unit: "binary" }), (path, query) => {
        const url = urlOrRefusal(path, query);
        if (!url) return;
        expect(url.origin).toBe("https://api.vendor.test");
        expect(new URL(url.href).pathname.startsWith("/openai/v1/")).toBe(true);
        expect(decodeURIComponent(url.pathname).split("/")).not.toContain("..");
      }),
      { numRuns: 5000 },
    );
  });
});

function urlOrRefusal(path: string, query: string): URL | undefined {
  try {
    return upstreamUrl(BASE, path, query);
  } catch (error) {
    expect(error).toMatchObject({ code: "invalid_request" });
    return undefined;
  }
}
