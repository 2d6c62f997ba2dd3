import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { type BuiltGateway, type BuiltGatewayOptions, builtGateway, PROVIDER_SECRET } from "../support/lambda/builtGateway.ts";
import { builtBundle } from "../support/lambda/bundle.ts";
import { always } from "../support/scriptedUpstream.ts";

const bundle = builtBundle();

let gateway: BuiltGateway;
afterEach(() => gateway.close());
const open = async (options: Omit<BuiltGatewayOptions, "folder"> = {}) => {
  gateway = await builtGateway({ ...bundle, ...options });
};

/** One call, settled. */
async function call(headers: Record<string, string> = {}): Promise<Response> {
  const { response, done } = await gateway.chat({}, headers);
  await response.text();
  await done;
  return response;
}

type Line = Readonly<Record<string, unknown>> & {
  readonly _aws?: { readonly CloudWatchMetrics: readonly [{ readonly Dimensions: unknown }] };
};
const logLines = (): readonly Line[] =>
  gateway.environment
    .log()
    .split("\n")
    .flatMap((line) => (line.startsWith("{") ? [JSON.parse(line)] : []));
const metrics = () => logLines().filter(({ _aws }) => _aws);

test("counts each call, over all and by vendor, and a cold start once", async () => {
  await open({ variables: { POWERTOOLS_SERVICE_NAME: "my-stack" } });
  await call();
  gateway.upstream.answer(always({ error: { message: "no" } }, 500));
  await call();
  await call({ authorization: "Bearer nobody-has-this-key-0123" });
  expect(metrics()).toMatchObject([
    { ColdStart: 1 },
    { service: "my-stack", provider: "openai", Calls: 1, InputTokens: 9, OutputTokens: 3, CostUsd: 0.00000315 },
    { Calls: 1, ProviderErrors: 1, OutputTokens: 0 },
    { Calls: 1, CallerErrors: 1 },
  ]);
  expect(metrics().map(({ _aws }) => _aws?.CloudWatchMetrics[0].Dimensions)).toEqual([
    [["service", "function_name"]],
    [["service"], ["service", "provider"]],
    [["service"], ["service", "provider"]],
    [["service"]],
  ]);
});

test("a problem that only operators can mend is in the log with its request, without anything secret", async () => {
  await open();
  gateway.upstream.answer(always({ error: { message: `wrong key ${PROVIDER_SECRET}` } }, 401));
  await call();
  gateway.dynamo.interfere(() => "fault");
  const response = await call({ authorization: "Bearer a-key-that-was-not-read-before" });
  expect(response.status).toBe(503);
  const problem = logLines().find(({ level }) => level === "ERROR");
  expect(problem).toMatchObject({
    message: "the gateway cannot check virtual keys right now",
    cause: expect.stringContaining("InternalServerError"),
  });
  expect(problem?.["function_request_id"]).toMatch(/^[0-9a-f-]{36}$/);
  expect(gateway.environment.log()).not.toContain(PROVIDER_SECRET);
  expect(gateway.environment.log()).not.toContain("a-key-that-was-not-read-before");
});

test("a record that neither Firehose nor S3 took is in the function's own log", async () => {
  await open();
  gateway.firehose.behave([], "refuse");
  gateway.s3.behave("refuse");
  const id = (await call()).headers.get("x-gatehouse-request-id");
  const kept = logLines().find(({ record }) => record);
  expect(kept).toMatchObject({ message: "a record was taken by nobody", record: { request_id: id, status: 200 } });
  expect(metrics().at(-1)).toMatchObject({ UndeliveredRecords: 1 });
});

test("traces a call from its event to the end of its settling, if it is switched on", async () => {
  const daemon = createSocket("udp4").bind(0, "127.0.0.1");
  await once(daemon, "listening");
  await open({ variables: { TRACING: "on", AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${daemon.address().port}` } });
  const sent = once(daemon, "message");
  await call();
  const [datagram] = (await sent) as [Buffer];
  const segment = JSON.parse(datagram.toString("utf8").split("\n")[1] ?? "");
  expect(segment).toMatchObject({ name: "## call", annotations: { status: 200, end: "complete", provider: "openai", ColdStart: true } });
  expect(gateway.upstream.seen[0]?.headers).not.toHaveProperty("x-amzn-trace-id");
  daemon.close();
});

test("an environment that is not complete fails during init and says what is missing", async () => {
  await open({ variables: { CONTROL_TABLE: "", LOG_MODE: "sometimes" } });
  await expect(gateway.environment.initialized).rejects.toThrow(/CONTROL_TABLE[\s\S]*LOG_MODE/);
});
