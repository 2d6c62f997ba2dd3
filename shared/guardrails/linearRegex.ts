import { RE2JS } from "re2js";
import * as z from "zod";

/** Longer matches are found too, but a stream does not wait for them. */
const MATCH_CHARACTERS = 256;
const RULE_CHARACTERS = 4096;
/** Matching costs at most text times program; `a{1000}` is a program of 1,002. */
const PROGRAM_SIZE = 5000;

/** A regular expression in JavaScript's spelling whose time is linear in the text, whatever the rule. */
export interface LinearRegex {
  /** As the config spells it. */
  readonly rule: string;
  /** How far a match is expected to reach; undefined when a match depends on what stands around it. */
  readonly overlap: number | undefined;
  test(text: string): boolean;
  /** Lazily, from left to right, without overlaps: asking for all of them is no longer linear for a rule made to hurt. */
  matches(text: string): Iterable<RegExpMatchArray>;
}

/** A plain rule: `\d{4}`. */
export const regexRule = z
  .string()
  .min(1)
  .max(RULE_CHARACTERS)
  .transform((rule, context) => compiled({ rule, pattern: rule, flags: "" }, context));

/** A plain rule, or one with flags as JavaScript writes it: `/secret/i`. */
export const regexRuleWithFlags = z
  .string()
  .min(1)
  .max(RULE_CHARACTERS)
  .transform((rule, context) => {
    const [, pattern, flags] = /^\/(.+)\/([dgimsuvy]*)$/s.exec(rule) ?? [];
    return compiled({ rule, pattern: pattern ?? rule, flags: flags ?? "" }, context);
  });

interface Spelling {
  readonly rule: string;
  readonly pattern: string;
  readonly flags: string;
}

function compiled({ rule, pattern, flags }: Spelling, context: z.RefinementCtx): LinearRegex {
  const refuse = (message: string) => {
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  };
  // g is always meant; d, u and v do not change what matches here.
  if (flags.includes("y")) return refuse("the flag y is not supported: every match is meant, not only one at the start");
  const inner = [...new Set(flags.replace(/[dguv]/g, ""))].join("");
  try {
    const regex = RE2JS.compile((inner ? `(?${inner})` : "") + RE2JS.translateRegExp(pattern));
    if (regex.programSize() > PROGRAM_SIZE) return refuse("this regular expression is too big; use smaller repetitions");
    return {
      rule,
      overlap: looksAround(regex.pattern()) ? undefined : MATCH_CHARACTERS,
      test: (text) => regex.test(text),
      matches: (text) => regex.matchAll(text),
    };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace("error parsing regexp: ", "") : "it is invalid";
    return refuse(`${reason} (regular expressions run in linear time, so RE2's syntax holds: no lookaround, no backreferences)`);
  }
}

const ASSERTIONS: ReadonlySet<string> = new Set(["^", "$", "\\b", "\\B", "\\A", "\\z"]);
/** A quotation, an escape, a character class, or one character. */
const TOKEN = /\\Q[\s\S]*?(?:\\E|$)|\\[\s\S]|\[\^?\]?(?:\[:\^?\w+:\]|\\[\s\S]|[^\]\\])*\]|[\s\S]/g;

const looksAround = (pattern: string): boolean => (pattern.match(TOKEN) ?? []).some((token) => ASSERTIONS.has(token));
