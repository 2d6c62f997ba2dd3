import type { Call, Incoming, Outgoing } from "../../shared/contracts/call.ts";
import { asGatewayError } from "../../shared/contracts/error.ts";
import { type Reply, refused } from "../../shared/contracts/reply.ts";
import type { Trace } from "../../shared/contracts/trace.ts";
import { deliver } from "./deliver.ts";
import { readCall } from "./edge.ts";
import { answer } from "./pipeline.ts";
import { encode } from "./respond.ts";
import type { Services } from "./services.ts";
import { settle } from "./settle.ts";

/** Whether the process answers; it says nothing about anybody, so nobody has to prove who asks. */
const isHealthCheck = ({ method, path }: Incoming): boolean => path === "/health" && (method === "GET" || method === "HEAD");

/** One request from its first byte to its line in the log. Never rejects; settles exactly once, however the call ends. */
export async function serve(incoming: Incoming, outgoing: Outgoing, services: Services): Promise<void> {
  if (isHealthCheck(incoming)) return answerHealth(outgoing, services);
  const trace = beginTrace(incoming, services);
  try {
    const reply = await replyTo(incoming, trace, services);
    if (reply.kind === "refused") trace.error = reply.error;
    await deliver(encode(reply, trace.call, trace), outgoing, incoming.signal, trace, services.clock);
  } catch (cause) {
    services.report("a response could not be delivered", cause);
    trace.end = "failed";
    outgoing.destroy();
  } finally {
    await settle(trace, services);
  }
}

function answerHealth(outgoing: Outgoing, { settings }: Services): Promise<void> {
  outgoing.whole(200, { "content-type": "application/json" }, Buffer.from(JSON.stringify({ status: "ok", version: settings.version })));
  return outgoing.finished;
}

async function replyTo(incoming: Incoming, trace: Trace, services: Services): Promise<Reply> {
  try {
    const call: Call = readCall(incoming, services.settings);
    trace.call = call;
    return await answer(call, trace, services);
  } catch (thrown) {
    const error = asGatewayError(thrown);
    if (error.code === "internal" || error.code === "store_unavailable") services.report(error.message, error.cause);
    return refused(error);
  }
}

const beginTrace = ({ id, method, path, headers, receivedAt }: Incoming, { clock }: Services): Trace => ({
  requestId: id,
  method,
  path,
  requestHeaders: headers,
  receivedAt,
  startedAt: clock.monotonic(),
  attempts: [],
  guardrails: [],
  cache: { status: "disabled" },
  releases: [],
  status: 0,
  end: "failed",
  responseBytes: 0,
});
