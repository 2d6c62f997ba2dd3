import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { ErrorCode } from "../../../shared/contracts/error.ts";
import type { CallRecord } from "../../../shared/contracts/record.ts";

/** Counted over all calls and for each vendor, which is bounded, unlike keys, models and what operators name. */
export function countCall(record: CallRecord, metrics: Metrics): void {
  metrics.addDimensions({});
  if (record.provider) metrics.addDimensions({ provider: record.provider });
  const count = (name: string, value: number) => metrics.addMetric(name, MetricUnit.Count, value);
  const time = (name: string, ms: number | null) => ms !== null && metrics.addMetric(name, MetricUnit.Milliseconds, ms);

  const { tokens } = record;
  const failure = failureOf(record);
  count("Calls", 1);
  if (failure) count(failure, 1);
  count("InputTokens", tokens.input + tokens.cached_input + tokens.cache_write + tokens.input_audio);
  count("OutputTokens", tokens.output + tokens.reasoning + tokens.output_audio);
  if (record.charged_cost_nano_usd !== null) count("CostUsd", record.charged_cost_nano_usd / 1e9);
  for (const [name, isSo] of Object.entries(noteworthy(record))) if (isSo) count(name, 1);
  time("FirstTokenMs", record.first_token_ms);
  time("TotalMs", record.total_ms);
  time("AddedMs", record.added_ms);
}

const noteworthy = ({ cost_status, cache, auth, attempts }: CallRecord): Readonly<Record<string, boolean>> => ({
  UnpricedCalls: cost_status === "unpriced",
  EstimatedCalls: cost_status === "estimated",
  CacheHits: cache === "hit",
  StaleKeys: auth === "stale",
  Fallbacks: attempts.length > 1,
});

type Failure = "CallerErrors" | "LimitRefusals" | "GuardrailDenials" | "ProviderErrors" | "Timeouts" | "GatewayErrors";

/** Whose fault it is, or whom it should wake. */
const FAILURES: Readonly<Record<ErrorCode, Failure>> = {
  invalid_request: "CallerErrors",
  invalid_json: "CallerErrors",
  invalid_config: "CallerErrors",
  provider_required: "CallerErrors",
  model_required: "CallerErrors",
  invalid_key: "CallerErrors",
  scope_missing: "CallerErrors",
  route_not_allowed: "CallerErrors",
  provider_not_allowed: "CallerErrors",
  model_not_allowed: "CallerErrors",
  config_override_forbidden: "CallerErrors",
  not_found: "CallerErrors",
  method_not_allowed: "CallerErrors",
  payload_too_large: "CallerErrors",
  unsupported_media_type: "CallerErrors",
  client_closed: "CallerErrors",
  not_supported: "CallerErrors",
  budget_exhausted: "LimitRefusals",
  rate_limited: "LimitRefusals",
  guardrail_denied: "GuardrailDenials",
  timeout: "Timeouts",
  upstream_unreachable: "ProviderErrors",
  upstream_invalid: "ProviderErrors",
  upstream_cut: "ProviderErrors",
  internal: "GatewayErrors",
  store_unavailable: "GatewayErrors",
  draining: "GatewayErrors",
};

/** An error that the provider said itself has no code of ours. */
function failureOf({ error_code: code, status }: CallRecord): Failure | undefined {
  if (code !== null) return FAILURES[code as ErrorCode] ?? "GatewayErrors";
  return status >= 400 ? "ProviderErrors" : undefined;
}
