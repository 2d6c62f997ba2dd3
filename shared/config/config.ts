import * as z from "zod";
import { isJsonObject, type JsonObject } from "../contracts/json.ts";
import { guardrailsFor } from "../guardrails/index.ts";
import { strategySchema } from "../routing/index.ts";

const DAY_SECONDS = 86_400;

const cacheSchema = z.strictObject({
  mode: z.literal("simple"),
  max_age: z
    .int()
    .min(1)
    .max(90 * DAY_SECONDS)
    .default(7 * DAY_SECONDS)
    .describe("seconds that an answer is kept"),
});

const saved = z.string().min(1).describe("the slug of a saved guardrail");
const inputGuardrails = z.array(z.union([saved, guardrailsFor("input").element]));
const outputGuardrails = z.array(z.union([saved, guardrailsFor("output").element]));

/** Whether an answer is streamed is the client's to say: it would not understand the other. */
const overrideSchema = z
  .custom<JsonObject>(isJsonObject, "must be an object")
  .refine((overrides) => !("stream" in overrides), {
    error: "stream cannot be overridden: the client would not understand the answer",
    path: ["stream"],
    abort: true,
  })
  .meta({ type: "object" });

/**
 * A routing document as Portkey writes it: one target, or a tree of them. What stands on a node holds for everything below it,
 * unless a node below says otherwise. Unknown fields are refused, so that nothing is silently ignored.
 */
export const configSchema = z.strictObject({
  name: z.string().optional(),
  strategy: strategySchema.optional(),
  get targets() {
    return z.array(configSchema).min(1).optional();
  },
  provider: z.string().min(1).optional().describe("@slug of a provider, or a vendor of which there is only one"),
  virtual_key: z.string().min(1).optional().describe("Portkey's older word for provider"),
  override_params: overrideSchema.optional().describe("members of the request body that are set whatever the client sent"),
  cache: cacheSchema.optional(),
  request_timeout: z.int().min(1).optional().describe("milliseconds that one attempt may take, to its last byte"),
  input_guardrails: inputGuardrails.optional(),
  output_guardrails: outputGuardrails.optional(),
  before_request_hooks: inputGuardrails.optional(),
  after_request_hooks: outputGuardrails.optional(),
});
export type Config = z.infer<typeof configSchema>;
