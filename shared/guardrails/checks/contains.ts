import * as z from "zod";
import type { Check } from "../check.ts";
import { commonParams } from "../commonParams.ts";
import { joinedText } from "../subject.ts";

const params = z.strictObject({
  words: z.array(z.string().min(1)).min(1),
  operator: z.enum(["any", "all", "none"]).default("any"),
  ...commonParams,
});

/** Case-sensitive, and inside of longer words too, as Portkey has it. */
export const contains: Check<z.output<typeof params>> = {
  id: "default.contains",
  on: ["input", "output"],
  params,
  scope: ({ operator }) => (operator === "none" ? "every" : "newest"),
  overlap: ({ operator, words }) => (operator === "none" ? Math.max(...words.map((word) => word.length)) - 1 : undefined),
  run(subject, { words, operator }) {
    const texts = operator === "none" ? subject.segments.map(({ text }) => text) : [joinedText(subject)];
    const isFound = (word: string) => texts.some((text) => text.includes(word));
    const [foundWords, missingWords] = [words.filter(isFound), words.filter((word) => !isFound(word))];
    const passed = { any: foundWords.length > 0, all: missingWords.length === 0, none: foundWords.length === 0 }[operator];
    const explanation = `Check ${passed ? "passed" : "failed"} for '${operator}' words.`;
    return { outcome: passed ? "pass" : "fail", data: { explanation, missingWords, foundWords, operator } };
  },
};
