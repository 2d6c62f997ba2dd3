import * as z from "zod";

/** The version of the shape below. Fields are only ever added. */
export const RECORD_VERSION = 1;

const milliseconds = z.number().describe("milliseconds");
const tokens = z.int().nonnegative();

const attemptRecord = z.object({
  path: z.string().describe("where the target stands in the config, such as config.targets[1]"),
  account: z.string(),
  provider: z.string(),
  model: z.string().nullable(),
  status: z.int().nullable().describe("the provider's HTTP status; null when none came"),
  error_code: z.string().nullable(),
  first_token_ms: milliseconds.nullable(),
  ms: milliseconds,
});

const guardrailRecord = z.object({
  id: z.string(),
  on: z.enum(["input", "output"]),
  outcome: z.enum(["passed", "failed", "rewritten", "errored"]),
  deny: z.boolean(),
  async: z.boolean(),
  checks: z.array(z.object({ id: z.string(), outcome: z.string() })),
  scanned_segments: z.int(),
  scanned_characters: z.int(),
  ms: milliseconds,
});

/** One line of the log for each call, without anything that was said in it. */
export const callRecordSchema = z.object({
  version: z.literal(RECORD_VERSION),
  request_id: z.string(),
  trace_id: z.string(),
  started_at: z.string().describe("ISO 8601, UTC"),
  settled_at: z.string().describe("ISO 8601, UTC"),
  gateway_version: z.string(),
  region: z.string(),
  actor: z.enum(["key", "none"]).describe("none: the call was refused before anybody was known"),
  auth: z.enum(["fresh", "stale"]).nullable().describe("stale: the store did not answer and the last known key was used"),
  key_id: z.string().nullable(),
  key: z.string().nullable().describe("the key's name"),
  team: z.string().nullable(),
  cost_center: z.string().nullable(),
  application: z.string().nullable().describe("the metadata entry application"),
  metadata: z.record(z.string(), z.string()),
  method: z.string(),
  route: z.string().describe("the path without its query"),
  operation: z.string().nullable(),
  dialect: z.string().nullable(),
  stream: z.boolean(),
  client: z.string().nullable(),
  client_version: z.string().nullable(),
  config: z.string().nullable(),
  config_version: z.int().nullable(),
  account: z.string().nullable().describe("slug of the provider that served, or was tried last"),
  provider: z.string().nullable(),
  model_asked: z.string().nullable(),
  model_served: z.string().nullable().describe("as the provider named it in its answer"),
  attempts: z.array(attemptRecord),
  tokens: z
    .object({
      input: tokens,
      cached_input: tokens,
      cache_write: tokens,
      input_audio: tokens,
      output: tokens,
      reasoning: tokens,
      output_audio: tokens,
    })
    .describe("disjoint: every token is in one bucket"),
  list_cost_nano_usd: z.int().nullable().describe("billionths of a US dollar by the price list; null: not priced"),
  charged_cost_nano_usd: z.int().nullable().describe("what the call cost the caller: 0 for a cache hit"),
  cost_status: z.enum(["exact", "estimated", "unpriced", "none"]).describe("none: nothing was used"),
  price_version: z.string().nullable(),
  billing_month: z.string().describe("YYYY-MM, UTC"),
  first_token_ms: milliseconds.nullable(),
  total_ms: milliseconds,
  added_ms: milliseconds.describe("what the gateway itself took of the total"),
  status: z.int().describe("the HTTP status that the client got"),
  end: z.enum(["complete", "cut", "cancelled", "timeout", "refused", "failed"]),
  error_code: z.string().nullable(),
  error_message: z.string().nullable(),
  finish_reasons: z.array(z.string()),
  cache: z.enum(["hit", "miss", "refresh", "disabled"]),
  cache_age_seconds: z.number().nullable(),
  guardrails: z.array(guardrailRecord),
  request_bytes: z.int(),
  response_bytes: z.int(),
});
export type CallRecord = z.infer<typeof callRecordSchema>;
export type GuardrailRecord = z.infer<typeof guardrailRecord>;

/** What was said in a call, kept apart from its record: with its own retention, and off unless it is asked for. */
export const bodyRecordSchema = z.object({
  version: z.literal(RECORD_VERSION),
  request_id: z.string(),
  started_at: z.string(),
  kind: z.enum(["request", "response"]),
  content: z.string().describe("JSON text where the body was JSON; the answer of a stream is put together"),
  truncated: z.boolean(),
  content_object: z.string().optional().describe("where the content lies that is too large for a record; content is empty then"),
});
export type BodyRecord = z.infer<typeof bodyRecordSchema>;
