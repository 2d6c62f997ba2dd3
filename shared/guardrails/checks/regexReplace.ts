import * as z from "zod";
import type { Check, Subject, TextEdit } from "../check.ts";
import { commonParams } from "../commonParams.ts";
import { regexRuleWithFlags } from "../linearRegex.ts";

const params = z.strictObject({
  rule: regexRuleWithFlags,
  redactText: z.string().default("[REDACTED]").describe("may refer to the match as $& and to its groups as $1 or $<name>"),
  failOnDetection: z.boolean().default(false),
  ...commonParams,
});
type Params = z.output<typeof params>;

/** Every match, whether or not the rule has the flag `g`: a redaction that stops at the first match is none. */
export const regexReplace: Check<Params> = {
  id: "default.regexReplace",
  on: ["input", "output"],
  params,
  rewrites: true,
  scope: () => "every",
  overlap: ({ rule }) => rule.overlap,
  run(subject, parameters, isLate) {
    const edits: TextEdit[] = [];
    for (const edit of redactions(subject, parameters)) {
      if (isLate()) return { outcome: "error", message: "the rule takes too long on this text" };
      edits.push(edit);
    }
    const { rule, redactText, failOnDetection } = parameters;
    if (edits.length === 0) return { outcome: "pass", data: { regexPattern: rule.rule, verdict: true, explanation: missed(rule.rule) } };
    const explanation = `Pattern '${rule.rule}' matched and was replaced with '${redactText}'`;
    return {
      outcome: failOnDetection ? "fail" : "rewrite",
      edits,
      data: { regexPattern: rule.rule, verdict: !failOnDetection, explanation },
    };
  },
};

function* redactions({ segments }: Subject, { rule, redactText }: Params): Iterable<TextEdit> {
  for (const [segment, { text }] of segments.entries()) {
    for (const match of rule.matches(text)) {
      const start = match.index ?? 0;
      // There is nothing to redact in an empty match.
      if (match[0] !== "") yield { segment, start, end: start + match[0].length, text: expanded(redactText, match) };
    }
  }
}

const missed = (rule: string): string => `The regex pattern '${rule}' did not match any text.`;

/** As `String.replace` does, except for the text around the match, which a redaction must not repeat. */
const expanded = (template: string, match: RegExpMatchArray): string =>
  template.replace(/\$(?:([$&])|(\d{1,2})|<([^>]*)>)/g, (reference, sign?: string, digits?: string, name?: string) => {
    if (sign) return sign === "$" ? "$" : match[0];
    if (name !== undefined) return match.groups ? (match.groups[name] ?? "") : reference;
    return numbered(digits ?? "", match) ?? reference;
  });

/** `$12` is group 12, or group 1 and a 2 when there are fewer than twelve. */
function numbered(digits: string, match: RegExpMatchArray): string | undefined {
  const [whole, first] = [Number(digits), Number(digits[0])];
  if (whole > 0 && whole < match.length) return match[whole] ?? "";
  if (first > 0 && first < match.length) return (match[first] ?? "") + digits.slice(1);
  return undefined;
}
