import type { Call, Headers } from "../../../shared/contracts/call.ts";
import { asGatewayError, GatewayError } from "../../../shared/contracts/error.ts";
import { type Reply, refused } from "../../../shared/contracts/reply.ts";
import type { Attempt, Trace } from "../../../shared/contracts/trace.ts";
import type { InnerRequest } from "../../../shared/dialects/dialect.ts";
import { UpstreamFailure } from "../../../shared/ports/ports.ts";
import { upstreamUrl } from "../../../shared/providers/baseUrl.ts";
import { reasonOf } from "../departure.ts";
import { forwardedHeaders } from "../headers.ts";
import type { ProviderTarget } from "../plan.ts";
import { headersWithoutSecret } from "../redact.ts";
import type { Services } from "../services.ts";
import { type AttemptTimer, attemptTimer } from "./attemptTimer.ts";
import { type Exchange, passedThrough, translated } from "./exchange.ts";
import { understand } from "./understand.ts";

/** One upstream request. Whatever goes wrong with the provider is a reply, so that the router can weigh it. */
export async function attempt(
  call: Call,
  request: InnerRequest | undefined,
  target: ProviderTarget,
  trace: Trace,
  services: Services,
): Promise<Reply> {
  const exchange = request ? translated(call, request, target) : passedThrough(call, target);
  const { account, provider } = target;
  const url = upstreamUrl(account.base_url ?? provider.baseUrl ?? "", exchange.path, exchange.query); // what it refuses, no other target takes
  const traced = beginAttempt(target, trace, services);
  const timer = attemptTimer(call.signal, services.settings.timeouts, target.timeoutMs, exchange.isStream);
  const finish = (thrown?: unknown): GatewayError | undefined => {
    timer.stop();
    traced.endedAt = services.clock.monotonic();
    const error = thrown === undefined ? undefined : providerFailure(thrown, call, timer, target.timeoutMs);
    if (error) traced.errorCode = error.code;
    return error;
  };
  try {
    const { response: received, secret } = await send(call, target, exchange, url, timer, services);
    const response = { ...received, headers: headersWithoutSecret(received.headers, secret) };
    traced.status = response.status;
    const reply = await understand({ call, exchange, response, secret, traced, timer, trace, finish, clock: services.clock });
    if (reply.kind === "whole") finish();
    trace.served = traced;
    delete trace.delivered; // what a target before this one was not allowed to say is no part of this answer
    return reply;
  } catch (thrown) {
    return refused(finish(thrown) ?? asGatewayError(thrown));
  }
}

async function send(
  call: Call,
  { account, provider }: ProviderTarget,
  exchange: Exchange,
  url: URL,
  timer: AttemptTimer,
  services: Services,
) {
  const { method, body } = exchange;
  const sendWith = (secret: string | undefined) => {
    const headers: Headers = { ...forwardedHeaders(call.headers), ...exchange.headers, ...provider.authorize(secret) };
    return services.upstream.send({ method, url, headers, ...(body && { body }) }, timer.clocks, timer.signal);
  };
  const { secretName } = account;
  if (secretName === undefined) return { response: await sendWith(undefined), secret: undefined };
  const secret = await readSecret(secretName, services);
  const response = await sendWith(secret);
  if (response.status !== 401) return { response, secret };
  services.secrets.forget(secretName); // it may have been changed since it was read
  const changed = await readSecret(secretName, services);
  if (changed === secret) return { response, secret };
  response.cancel();
  return { response: await sendWith(changed), secret: changed };
}

async function readSecret(name: string, { secrets }: Services): Promise<string> {
  try {
    return await secrets.read(name);
  } catch (cause) {
    throw new GatewayError("store_unavailable", "the gateway cannot read the key of this provider", { cause });
  }
}

function beginAttempt({ path, account, provider, model }: ProviderTarget, trace: Trace, { clock }: Services): Attempt {
  const traced: Attempt = { path, account: account.slug, provider: provider.id, model, startedAt: clock.monotonic() };
  trace.attempts.push(traced);
  return traced;
}

const FAILURES = { unreachable: "upstream_unreachable", timeout: "timeout", cut: "upstream_cut", cancelled: "client_closed" } as const;

/** What the client may know of a provider's failure. */
function providerFailure(thrown: unknown, call: Call, timer: AttemptTimer, timeoutMs: number): GatewayError {
  if (call.signal.aborted) return reasonOf(call.signal);
  if (timer.expired === "request") return new GatewayError("timeout", `Request exceeded the timeout sent in the request: ${timeoutMs}ms`);
  if (timer.expired === "first token") return new GatewayError("timeout", "the provider gave no first token in time");
  if (thrown instanceof UpstreamFailure) return new GatewayError(FAILURES[thrown.kind], thrown.message, { cause: thrown });
  return asGatewayError(thrown);
}
