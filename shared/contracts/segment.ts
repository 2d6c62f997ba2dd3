import type { Role } from "./part.ts";

/** One piece of text in a request or an answer. */
export interface Segment {
  readonly role: Role;
  readonly kind: "text" | "reasoning" | "refusal" | "toolArguments" | "toolResult";
  readonly text: string;
}
