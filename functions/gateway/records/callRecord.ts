import { type CallRecord, RECORD_VERSION } from "../../../shared/contracts/record.ts";
import type { Attempt, Trace } from "../../../shared/contracts/trace.ts";
import type { Usage } from "../../../shared/contracts/usage.ts";
import type { Receipt } from "../receipt.ts";
import { redact } from "../redact.ts";
import type { Services } from "../services.ts";

type Known = Pick<Services, "clock" | "settings">;

/** The line of a call in the log: everything about it, nothing that was said in it. */
export function callRecord(trace: Trace, receipt: Receipt, { clock, settings }: Known): CallRecord {
  const { call, plan, actor, cache } = trace;
  const answer = trace.answer?.answer();
  const startedAt = new Date(trace.receivedAt).toISOString();
  return {
    version: RECORD_VERSION,
    request_id: trace.requestId,
    trace_id: plan?.traceId ?? trace.requestId,
    started_at: startedAt,
    settled_at: new Date(clock.now()).toISOString(),
    gateway_version: settings.version,
    region: settings.region,
    actor: actor ? "key" : "none",
    auth: actor?.auth ?? null,
    key_id: actor?.key.id ?? null,
    key: actor?.key.name ?? null,
    team: actor?.key.team ?? null,
    cost_center: plan?.costCenter ?? null,
    application: plan?.metadata.application ?? null,
    metadata: plan?.metadata ?? {},
    method: trace.method.slice(0, 16),
    route: redact(trace.path.slice(0, 512), []),
    operation: call?.operation ?? null,
    dialect: call?.dialect ?? null,
    stream: call?.stream ?? false,
    ...clientOf(trace),
    config: plan?.config?.slug ?? null,
    config_version: plan?.config?.version ?? null,
    ...modelsOf(trace),
    model_served: answer?.model ?? null,
    attempts: trace.attempts.map((attempt) => attemptRecord(attempt, clock)),
    tokens: tokensOf(receipt.usage),
    list_cost_nano_usd: numberOf(receipt.listNanoUsd),
    charged_cost_nano_usd: numberOf(receipt.chargedNanoUsd),
    cost_status: receipt.status,
    price_version: receipt.priceVersion,
    billing_month: startedAt.slice(0, 7),
    ...timesOf(trace, clock),
    status: trace.status,
    end: trace.end,
    error_code: trace.error?.code ?? null,
    error_message: trace.error ? redact(trace.error.message.slice(0, 500), []) : null,
    finish_reasons: (answer?.choices ?? []).flatMap(({ finishReason }) => (finishReason === null ? [] : [finishReason])),
    cache: cache.status,
    cache_age_seconds: cache.status === "hit" ? cache.ageSeconds : null,
    guardrails: trace.guardrails,
    request_bytes: call && call.payload.kind !== "none" ? call.payload.bytes.byteLength : 0,
    response_bytes: trace.responseBytes,
  };
}

function modelsOf({ served, attempts, call }: Trace) {
  const used = served ?? attempts.at(-1);
  const asked = call?.payload.kind === "json" ? call.payload.body.model : undefined;
  return {
    account: used?.account ?? null,
    provider: used?.provider ?? null,
    model_asked: typeof asked === "string" ? asked.slice(0, 256) : null,
  };
}

const attemptRecord = (attempt: Attempt, { now: _now, monotonic }: Known["clock"]): CallRecord["attempts"][number] => ({
  path: attempt.path,
  account: attempt.account,
  provider: attempt.provider,
  model: attempt.model ?? null,
  status: attempt.status ?? null,
  error_code: attempt.errorCode ?? null,
  first_token_ms: attempt.firstTokenAt === undefined ? null : rounded(attempt.firstTokenAt - attempt.startedAt),
  ms: rounded((attempt.endedAt ?? monotonic()) - attempt.startedAt),
});

function timesOf({ startedAt, deliveredAt, firstTokenAt, attempts }: Trace, clock: Known["clock"]) {
  const total = (deliveredAt ?? clock.monotonic()) - startedAt;
  const upstream = attempts.reduce((sum, attempt) => sum + ((attempt.endedAt ?? clock.monotonic()) - attempt.startedAt), 0);
  return {
    first_token_ms: firstTokenAt === undefined ? null : rounded(firstTokenAt - startedAt),
    total_ms: rounded(total),
    added_ms: rounded(Math.max(0, total - upstream)),
  };
}

/** `OpenAI/JS 7.57.0`, `curl/8.5.0`: the first product of the user agent. */
const PRODUCT = /^([\w.-]{1,40}(?:\/[A-Za-z][\w.-]{0,40})?)(?:[ /]v?(\d[\w.+-]{0,40}))?/;

function clientOf({ requestHeaders }: Trace) {
  const [, client, version] = PRODUCT.exec(requestHeaders["user-agent"] ?? "") ?? [];
  return { client: client ?? null, client_version: version ?? null };
}

const tokensOf = (usage: Usage): CallRecord["tokens"] => ({
  input: usage.input,
  cached_input: usage.cachedInput,
  cache_write: usage.cacheWrite,
  input_audio: usage.inputAudio,
  output: usage.output,
  reasoning: usage.reasoning,
  output_audio: usage.outputAudio,
});

/** Safe: 2^53 billionths are nine million dollars. */
const numberOf = (nano: bigint | null): number | null => (nano === null ? null : Number(nano));

const rounded = (ms: number): number => Math.round(ms * 1000) / 1000;
