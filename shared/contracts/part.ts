import type { Json } from "./json.ts";

export type DialectName = "openai";

/** Who made it: what belongs to one provider is left behind when the conversation moves to another. */
export interface Origin {
  readonly dialect: DialectName;
  readonly account: string;
}

/** The inner language. Its wire form is OpenAI chat completions. */
export type Part =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "refusal"; readonly text: string }
  | { readonly kind: "reasoning"; readonly text: string }
  | { readonly kind: "toolCall"; readonly id: string; readonly name: string; readonly arguments: string }
  | { readonly kind: "toolResult"; readonly id: string; readonly parts: readonly Part[] }
  | { readonly kind: "foreign"; readonly dialect: DialectName; readonly raw: Json };

export type Role = "system" | "developer" | "user" | "assistant" | "tool" | "function";
