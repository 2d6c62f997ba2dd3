import type { Json } from "./json.ts";

export type DialectName = "openai";

/** The inner language. Its wire form is OpenAI chat completions. */
export type Part =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "refusal"; readonly text: string }
  | { readonly kind: "reasoning"; readonly text: string }
  | { readonly kind: "toolCall"; readonly id: string; readonly name: string; readonly arguments: string }
  | { readonly kind: "toolResult"; readonly id: string; readonly parts: readonly Part[] }
  | { readonly kind: "foreign"; readonly dialect: DialectName; readonly raw: Json };

export type Role = "system" | "developer" | "user" | "assistant" | "tool" | "function";
