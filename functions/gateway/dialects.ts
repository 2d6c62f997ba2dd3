import type { ClientDialectName } from "../../shared/contracts/call.ts";
import type { DialectName } from "../../shared/contracts/part.ts";
import type { ClientDialect, Dialect } from "../../shared/dialects/dialect.ts";
import { openaiClient } from "../../shared/dialects/openai/client.ts";
import { openai } from "../../shared/dialects/openai/provider.ts";

/** The protocols as providers speak them, and as clients do. */
export const dialects: Readonly<Record<DialectName, Dialect>> = { openai };
export const clientDialects: Readonly<Record<ClientDialectName, ClientDialect>> = { openai: openaiClient };
