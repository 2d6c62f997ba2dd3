import * as z from "zod";
import { limitSchema } from "./limit.ts";

/** What a key may do beyond calling models. */
export const SCOPES = ["passthrough"] as const;
export const LOG_MODES = ["full", "metadata"] as const;

/** One secret that opens a key: only its SHA-256 is kept. Two overlap while a key is rotated. */
export const keyHashSchema = z.strictObject({ sha256: z.string().length(64), expiresAt: z.number().optional() });

/** What a virtual key may do; the shape in which an operator writes it, and in which it is stored. */
export const keyGrantsShape = {
  team: z.string().optional().describe("the team that answers for this key"),
  providers: z.array(z.string()).optional().describe("slugs of the providers that the key may use; absent: all"),
  models: z.array(z.string()).optional().describe("models that the key may use, `*` stands for any characters; absent: all"),
  routes: z.array(z.string()).optional().describe("paths below /v1 that the key may call, such as chat/completions; absent: all"),
  scopes: z.array(z.enum(SCOPES)).default([]).describe("what the key may do beyond calling models"),
  config: z.string().optional().describe("the config that is used when the request names none"),
  allow_config_override: z.boolean().default(true).describe("whether a request may name another config"),
  limits: z.array(limitSchema).default([]),
  metadata: z.record(z.string(), z.string()).default({}).describe("recorded with every call of this key"),
  log: z.enum(LOG_MODES).optional().describe("what is logged of this key's calls; absent: the gateway's setting"),
  expires_at: z.iso.datetime({ offset: true }).optional(),
  revoked: z.boolean().default(false),
} as const;

export const virtualKeySchema = z.strictObject({ id: z.string(), name: z.string(), hashes: z.array(keyHashSchema), ...keyGrantsShape });
export type VirtualKey = z.infer<typeof virtualKeySchema>;

/** Where a string that was not made here leads: its hash to the key that adopted it. */
export const adoptedKeySchema = z.strictObject({ keyId: z.string() });
