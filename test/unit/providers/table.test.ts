import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { bearer } from "../../../shared/providers/provider.ts";
import { findProvider, providers } from "../../../shared/providers/table.ts";

const RESEARCH = "../shared/data/providers.json";
const researched = z.array(z.object({ id: z.string(), baseUrl: z.string(), envVar: z.string().nullable(), dialect: z.string() }));

/** Where a row says something else than the research, and why. */
const DIFFERENCES: Readonly<Record<string, { readonly baseUrl: string; readonly dialect: string; readonly why: string }>> = {
  ollama: {
    baseUrl: "http://localhost:11434/v1",
    dialect: "openai",
    why: "the research has the native API, the row has Ollama's OpenAI facade",
  },
};

describe("the table of providers", () => {
  test("finds a provider by its id and nothing by an unknown one", () => {
    expect(findProvider("groq")?.name).toBe("Groq");
    expect(findProvider("no-such-vendor")).toBeUndefined();
    expect(findProvider("constructor")).toBeUndefined();
  });

  test("gives every provider but custom a base URL, encrypted unless it leads nowhere else", () => {
    for (const { id, baseUrl } of providers.values()) {
      if (id === "custom") expect(baseUrl).toBeUndefined();
      else expect(baseUrl).toMatch(/^(https:\/\/|http:\/\/localhost:|http:\/\/demo\.invalid\/).*[^/]$/);
    }
  });

  test("does not ask for usage where stream_options is refused or needless", () => {
    const unasked = [...providers.values()].filter(({ includeUsage }) => includeUsage === false).map(({ id }) => id);
    expect(unasked).toEqual(["deepseek", "mistral-ai", "perplexity-ai"]);
  });

  test.skipIf(!existsSync(RESEARCH))("agrees with the research on base URLs, variables and dialects", () => {
    const rows = new Map(researched.parse(JSON.parse(readFileSync(RESEARCH, "utf8"))).map((row) => [row.id, row]));
    for (const { id, baseUrl, environmentVariable, dialect } of providers.values()) {
      if (id === "custom" || id === "demo") continue;
      const { why: _, ...different } = DIFFERENCES[id] ?? { why: "" };
      const row = rows.get(id);
      expect({ id, baseUrl, dialect, envVar: environmentVariable }).toEqual({ ...row, ...different });
    }
  });
});

test("a bearer key goes into the authorization header, and no key into none", () => {
  expect(bearer("sk-1")).toEqual({ authorization: "Bearer sk-1" });
  expect(bearer(undefined)).toEqual({});
});
