import * as z from "zod";
import { accountShape, slugSchema, teamShape } from "../contracts/account.ts";
import { keyGrantsShape } from "../contracts/key.ts";
import { configSchema } from "./config.ts";

/** `env:NAME`, `file:PATH`, or the secret itself. */
const secretSchema = z.string().min(1).describe("env:NAME, file:PATH, or the secret itself");

const keySchema = z.strictObject({
  secret: secretSchema.describe(
    "env:NAME, file:PATH, or the virtual key itself: a generated one, or any string of 20 characters or more. Only its hash is stored",
  ),
  ...keyGrantsShape,
});
const providerSchema = z.strictObject({ secret: secretSchema.optional(), settings: z.strictObject({}).optional(), ...accountShape });
const bySlug = <Schema extends z.ZodType>(schema: Schema) => z.record(slugSchema, schema).default({});

/** A whole gateway in one file. */
export const gatehouseFileSchema = z.strictObject({
  $schema: z.string().optional(),
  teams: bySlug(z.strictObject(teamShape)),
  providers: bySlug(providerSchema),
  keys: bySlug(keySchema),
  configs: bySlug(configSchema),
  guardrails: bySlug(z.record(z.string(), z.json())).describe("saved guardrails, named by their slugs in configs"),
  prompts: z.strictObject({}).default({}).describe("reserved"),
  policies: z.strictObject({}).default({}).describe("reserved"),
});
export type GatehouseFile = z.infer<typeof gatehouseFileSchema>;
