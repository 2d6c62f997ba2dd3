import * as z from "zod";
import { limitSchema } from "./limit.ts";

/** A slug stands in URLs, configs and `@slug/model`. */
export const slugSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/i, "a slug has letters, digits, dots, dashes and underscores, and begins with a letter or digit");

/** A provider as an operator names it (`openai-prod`): a vendor, where to reach it and with which secret. */
export const accountShape = {
  provider: z.string().describe("the vendor: an id of the provider table, or custom"),
  base_url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("replaces scheme, host and prefix of the vendor's address"),
  models: z.array(z.string()).optional().describe("models that this provider serves, `*` stands for any characters; absent: all"),
  limits: z.array(limitSchema).default([]),
  passthrough: z
    .array(z.string())
    .default([])
    .describe("paths below the base URL that calls with the scope passthrough may reach, such as files/*"),
} as const;

export const accountSchema = z.strictObject({ slug: slugSchema, secretName: z.string().optional(), ...accountShape });
export type Account = z.infer<typeof accountSchema>;

export const teamShape = {
  cost_center: z.string().optional(),
  limits: z.array(limitSchema).default([]),
  metadata: z.record(z.string(), z.string()).default({}),
} as const;
export const teamSchema = z.strictObject({ slug: slugSchema, ...teamShape });
export type Team = z.infer<typeof teamSchema>;
