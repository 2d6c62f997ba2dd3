import type * as z from "zod";
import type { Json } from "../contracts/json.ts";
import type { Segment } from "../contracts/segment.ts";
import type { CommonParams } from "./commonParams.ts";

export type Side = "input" | "output";

/**
 * What a check looks at: every text of the request, or of the answer, in the order in which it stands there.
 * `newest` is the index of the first segment of the last message (of a request) or 0 (of an answer).
 */
export interface Subject {
  readonly on: Side;
  readonly segments: readonly Segment[];
  readonly newest: number;
}

/** Puts `text` in the place of the characters from `start` to before `end` of one segment: at least one character. */
export interface TextEdit {
  readonly segment: number;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Edits are in the order of the text and do not overlap. A check may fail and rewrite at once, so that a guardrail which does not
 * deny still lets nothing through that it found. `error`: it could not judge; the message is safe to show.
 */
export type Verdict =
  | { readonly outcome: "pass"; readonly data?: Json }
  | { readonly outcome: "fail"; readonly data?: Json; readonly edits?: readonly TextEdit[] }
  | { readonly outcome: "rewrite"; readonly data?: Json; readonly edits: readonly TextEdit[] }
  | { readonly outcome: "error"; readonly message: string };

/** `every`: each segment, for what must never occur. `newest`: what the last message says, for what must occur. */
export type Scope = "every" | "newest";

/**
 * One file a check. The runner owns concurrency, time limit, errors and timing, and hands over only what is in scope.
 * Methods, not function properties, so that a list can hold checks of different parameters: a check only ever gets its own.
 */
export interface Check<Params extends CommonParams = CommonParams> {
  /** As Portkey names it: `default.regexMatch`. */
  readonly id: string;
  readonly on: readonly Side[];
  readonly params: z.ZodType<Params>;
  /** Its verdicts may carry edits; only with scope `every`. */
  readonly rewrites?: true;
  scope(params: Params): Scope;
  /**
   * How many characters at the end of a stream's text may belong to something that only the next characters complete.
   * undefined: the verdict is only known at the end, so the whole stream is held.
   */
  overlap(params: Params): number | undefined;
  /** Nobody can interrupt a check that computes: one that loops asks `isLate` and gives up. */
  run(subject: Subject, params: Params, isLate: () => boolean): Verdict | Promise<Verdict>;
}
