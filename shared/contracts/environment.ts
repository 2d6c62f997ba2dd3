import * as z from "zod";
import { LOG_MODES } from "./key.ts";

/** What the stack tells the gateway function. `infra` gives a value for each of these, or does not compile. */
export const gatewayEnvironmentSchema = z.object({
  CONTROL_TABLE: z.string().min(1),
  LIVE_TABLE: z.string().min(1),
  /** The gateway reads `gatehouse/<stack>/provider/*` and nothing else. */
  SECRETS_PREFIX: z.string().regex(/^gatehouse\/[\w-]+\/provider\/$/),
  CALLS_STREAM: z.string().min(1),
  BODIES_STREAM: z.string().min(1),
  /** Where records go that Firehose did not take. */
  UNDELIVERED_BUCKET: z.string().min(1),
  /** What is logged where a key does not say. */
  LOG_MODE: z.enum(LOG_MODES),
  TRACING: z.enum(["on", "off"]),
});
export type GatewayEnvironment = z.infer<typeof gatewayEnvironmentSchema>;
