import * as z from "zod";
import type { JsonObject } from "../../contracts/json.ts";
import type { Check } from "../check.ts";
import { commonParams } from "../commonParams.ts";
import { regexRule } from "../linearRegex.ts";
import { joinedText } from "../subject.ts";

const params = z.strictObject({ rule: regexRule, not: z.boolean().default(false), ...commonParams });

/** Longer texts of a user stay out of results, which travel and are kept. */
const QUOTED_CHARACTERS = 100;

export const regexMatch: Check<z.output<typeof params>> = {
  id: "default.regexMatch",
  on: ["input", "output"],
  params,
  scope: ({ not }) => (not ? "every" : "newest"),
  overlap: ({ rule, not }) => (not ? rule.overlap : undefined),
  run(subject, { rule, not }) {
    if (not) return verdict(rule.rule, not, !subject.segments.some(({ text }) => rule.test(text)), null);
    const [match] = rule.matches(joinedText(subject));
    return verdict(rule.rule, not, match !== undefined, match ? details(match) : null);
  },
};

const verdict = (regexPattern: string, not: boolean, passed: boolean, matchDetails: JsonObject | null) => {
  const explanation = `The regex pattern '${regexPattern}' ${explain(not, passed)}`;
  return { outcome: passed ? "pass" : "fail", data: { regexPattern, not, verdict: passed, explanation, matchDetails } } as const;
};

function explain(not: boolean, passed: boolean): string {
  if (not) return passed ? "did not match the text as expected." : "matched the text when it should not have.";
  return passed ? "successfully matched the text." : "did not match the text.";
}

/** Only of what was wanted: to quote what must not pass would let it pass. */
const details = (match: RegExpMatchArray): JsonObject | null =>
  match[0].length > QUOTED_CHARACTERS
    ? null
    : { matchedText: match[0], index: match.index ?? 0, groups: { ...match.groups }, captures: match.slice(1).map((text) => text ?? null) };
