import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { describe, expect, test } from "vitest";
import { estimateTokens, estimateTokensRoughly } from "../../../shared/state/tokenEstimate.ts";

const PROSE = Array.from({ length: 3000 }, (_, index) => `Clause ${index} of the contract says that the tenant pays rent.`).join("\n");

describe("estimateTokens", () => {
  test("counts a short text exactly", async () => {
    expect(await estimateTokens("Hello, world!")).toBe(4);
    expect(await estimateTokens("")).toBe(0);
  });

  test("takes special tokens for the text they are", async () => {
    expect(await estimateTokens("a <|endoftext|> b")).toBeGreaterThan(3);
  });

  test("stays within one per cent of the exact count on a long text, counted and extrapolated", async () => {
    for (const text of [PROSE.slice(0, 90_000), PROSE]) {
      const exact = countTokens(text);
      expect(Math.abs((await estimateTokens(text)) - exact) / exact).toBeLessThan(0.01);
    }
  });

  test("counts a long text without spaces in bounded time", async () => {
    await estimateTokens("load");
    const text = Array.from({ length: 100_000 }, (_, index) => String.fromCharCode(0x4e00 + ((index * 7919) % 5000))).join("");
    const startedAt = performance.now();
    expect(await estimateTokens(text)).toBeGreaterThan(100_000);
    expect(performance.now() - startedAt).toBeLessThan(3000);
  });
});

describe("estimateTokensRoughly", () => {
  test.each([
    PROSE.slice(0, 5000),
    "这是一个关于合同条款的简单例子。",
    "const total = prices.reduce((sum, price) => sum + price, 0);",
    "😀🎉",
  ])("is within a factor of two for %.20s", (text) => {
    const ratio = estimateTokensRoughly(text) / countTokens(text);
    expect(ratio).toBeGreaterThan(0.5);
    expect(ratio).toBeLessThan(2);
  });

  test("is zero for nothing and at least one for anything", () => {
    expect(estimateTokensRoughly("")).toBe(0);
    expect(estimateTokensRoughly("a")).toBe(1);
  });
});
