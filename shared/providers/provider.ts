import type { Headers } from "../contracts/call.ts";
import type { DialectName } from "../contracts/part.ts";

/** A vendor of models, as the table lists it; an account there, with its secret, is the operator's. */
export interface Provider {
  readonly id: string;
  readonly name: string;
  /** Absent: only the operator knows it. */
  readonly baseUrl?: string;
  readonly dialect: DialectName;
  readonly authorize: Authorize;
  /** Where the vendor's own clients look for the key. */
  readonly environmentVariable?: string;
  /** It answers without a key as well. */
  readonly keyOptional?: true;
  /** Its streams report usage unasked, and `stream_options` is refused or needless. */
  readonly includeUsage?: false;
  /** Its id in `@pydantic/genai-prices`, where that is another. */
  readonly pricedAs?: string;
}

/** The headers that prove who calls. */
export type Authorize = (secret: string | undefined) => Headers;

export const bearer: Authorize = (secret) => (secret === undefined ? {} : { authorization: `Bearer ${secret}` });
