/** Every way in which the gateway itself says no: the HTTP status and OpenAI's `error.type` for it. */
const ERRORS = {
  invalid_request: { status: 400, type: "invalid_request_error" },
  invalid_json: { status: 400, type: "invalid_request_error" },
  invalid_config: { status: 400, type: "invalid_config_error" },
  provider_required: { status: 400, type: "invalid_request_error" },
  model_required: { status: 400, type: "invalid_request_error" },
  invalid_key: { status: 401, type: "authentication_error" },
  scope_missing: { status: 403, type: "permission_error" },
  route_not_allowed: { status: 403, type: "route_not_allowed_error" },
  provider_not_allowed: { status: 403, type: "provider_not_allowed_error" },
  model_not_allowed: { status: 403, type: "model_not_allowed_error" },
  config_override_forbidden: { status: 403, type: "permission_error" },
  not_found: { status: 404, type: "invalid_request_error" },
  method_not_allowed: { status: 405, type: "invalid_request_error" },
  timeout: { status: 408, type: "timeout_error" },
  budget_exhausted: { status: 412, type: "budget_exhausted_error" },
  payload_too_large: { status: 413, type: "invalid_request_error" },
  unsupported_media_type: { status: 415, type: "invalid_request_error" },
  rate_limited: { status: 429, type: "rate_limit_error" },
  guardrail_denied: { status: 446, type: "hooks_failed" },
  client_closed: { status: 499, type: "client_closed_error" },
  internal: { status: 500, type: "server_error" },
  not_supported: { status: 501, type: "invalid_request_error" },
  upstream_unreachable: { status: 502, type: "upstream_error" },
  upstream_invalid: { status: 502, type: "upstream_error" },
  upstream_cut: { status: 502, type: "upstream_error" },
  store_unavailable: { status: 503, type: "server_error" },
  draining: { status: 503, type: "server_error" },
} as const;

export type ErrorCode = keyof typeof ERRORS;

export interface ErrorDetails {
  /** What the caller, or the operator, can do about it. */
  readonly remedy?: string;
  /** The request field that is wrong, as OpenAI's `error.param`. */
  readonly param?: string;
  /** Response headers that belong to the refusal, such as `retry-after` or `allow`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly type?: string;
  readonly status?: number;
  readonly cause?: unknown;
}

/**
 * The one error class. Thrown when the call is over and answered once at the edge;
 * inside a refused `Reply` when the router must weigh it. The message is safe to show to the client.
 */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly type: string;
  readonly remedy: string | undefined;
  readonly param: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "GatewayError";
    this.code = code;
    this.status = details.status ?? ERRORS[code].status;
    this.type = details.type ?? ERRORS[code].type;
    this.remedy = details.remedy;
    this.param = details.param;
    this.headers = details.headers ?? {};
  }
}

/** What was thrown as a `GatewayError`; anything else is a bug of ours and says nothing about itself to the client. */
export const asGatewayError = (thrown: unknown): GatewayError =>
  thrown instanceof GatewayError ? thrown : new GatewayError("internal", "the gateway failed to answer this request", { cause: thrown });
