import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { type GatehouseFile, gatehouseFileSchema } from "../../../shared/config/gatehouseFile.ts";
import { type CallRecord, callRecordSchema } from "../../../shared/contracts/record.ts";
import { storeClient } from "../../../shared/ports/aws/dynamoClients.ts";
import { dynamoStore } from "../../../shared/ports/aws/dynamoStore.ts";
import { secretsManager } from "../../../shared/ports/aws/secretsManager.ts";
import { systemClock } from "../../../shared/ports/embedded/systemClock.ts";
import { applyFile } from "../../../shared/state/applyFile.ts";
import { type DynamoProxy, startDynamoProxy } from "../aws/dynamoProxy.ts";
import { localConfig, startDynamo } from "../aws/dynamoTables.ts";
import { type FirehoseStub, startFirehose } from "../aws/firehoseStub.ts";
import { type S3Stub, startS3 } from "../aws/s3Stub.ts";
import { startSecretsManager } from "../aws/secretsManagerStub.ts";
import { QUESTION, TEST_KEY } from "../gateway.ts";
import { type Script, type ScriptedUpstream, scriptedUpstream } from "../scriptedUpstream.ts";
import { type LambdaEnvironment, startEnvironment } from "./environment.ts";
import type { UrlRequest, UrlResponse } from "./functionUrl.ts";

export const PROVIDER_SECRET = "sk-the-secret-of-the-provider";
const PREFIX = "gatehouse/test/provider/";

/** The bundle in an environment of Lambda, with all of AWS that it needs on loopback. */
export interface BuiltGateway {
  readonly environment: LambdaEnvironment;
  readonly upstream: ScriptedUpstream;
  readonly dynamo: DynamoProxy;
  readonly firehose: FirehoseStub;
  readonly s3: S3Stub;
  ask(request: UrlRequest): Promise<UrlResponse>;
  /** POST with JSON and the test key. */
  post(path: string, body: unknown, headers?: Record<string, string>, timeoutMs?: number): Promise<UrlResponse>;
  chat(body?: object, headers?: Record<string, string>, timeoutMs?: number): Promise<UrlResponse>;
  /** The records that Firehose was given. */
  calls(): readonly CallRecord[];
  apply(file: object): Promise<void>;
  /** Another environment of the same function. */
  anotherEnvironment(): Promise<LambdaEnvironment>;
  close(): Promise<void>;
}

export interface BuiltGatewayOptions {
  /** What `buildGateway` wrote. */
  readonly folder: string;
  readonly file?: object;
  readonly key?: object;
  readonly upstream?: Script;
  readonly variables?: Readonly<Record<string, string>>;
}

export async function builtGateway({
  folder,
  file = {},
  key = {},
  upstream: script,
  variables = {},
}: BuiltGatewayOptions): Promise<BuiltGateway> {
  const [upstream, dynamo, firehose, s3, secrets] = await Promise.all([
    scriptedUpstream(script),
    startDynamo(),
    startFirehose(),
    startS3(),
    startSecretsManager(),
  ]);
  const proxy = await startDynamoProxy(dynamo.endpoint);
  const [control, live] = [await dynamo.newTable(), await dynamo.newTable()];
  const store = dynamoStore(storeClient(localConfig(dynamo.endpoint)), control, systemClock);
  const vault = secretsManager(new SecretsManagerClient(localConfig(secrets.endpoint)), PREFIX);
  const apply = (given: object) => applyFile(wholeFile(upstream.url, key, given), store, vault);
  await apply(file);

  const start = () =>
    startEnvironment(folder, {
      CONTROL_TABLE: control,
      LIVE_TABLE: live,
      SECRETS_PREFIX: PREFIX,
      CALLS_STREAM: "calls",
      BODIES_STREAM: "bodies",
      UNDELIVERED_BUCKET: "undelivered",
      LOG_MODE: "full",
      TRACING: "off",
      AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint,
      AWS_ENDPOINT_URL_FIREHOSE: firehose.endpoint,
      AWS_ENDPOINT_URL_S3: s3.endpoint,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint,
      ...variables,
    });
  const environments = [await start()];
  const [environment] = environments as [LambdaEnvironment];
  const post: BuiltGateway["post"] = (path, body, headers = {}, timeoutMs) =>
    environment.ask({
      method: "POST",
      path,
      headers: { "content-type": "application/json", authorization: `Bearer ${TEST_KEY}`, ...headers },
      body: JSON.stringify(body),
      ...(timeoutMs !== undefined && { timeoutMs }),
    });

  return {
    environment,
    upstream,
    dynamo: proxy,
    firehose,
    s3,
    ask: environment.ask,
    post,
    chat: (body = {}, headers, timeoutMs) => post("/v1/chat/completions", { ...QUESTION, ...body }, headers, timeoutMs),
    calls: () => (firehose.delivered.get("calls") ?? []).map((line) => callRecordSchema.strict().parse(JSON.parse(line))),
    apply,
    async anotherEnvironment() {
      const another = await start();
      environments.push(another);
      return another;
    },
    async close() {
      await Promise.all(environments.map((each) => each.close()));
      await Promise.all([upstream, proxy, firehose, s3, secrets].map((each) => each.close()));
      await dynamo.close();
    },
  };
}

/** One provider `main` and one key `test`, unless the test writes its own. */
function wholeFile(upstreamUrl: string, key: object, file: object): GatehouseFile {
  const given = file as Record<string, object>;
  return gatehouseFileSchema.parse({
    ...given,
    providers: given["providers"] ?? { main: { provider: "openai", secret: PROVIDER_SECRET, base_url: upstreamUrl } },
    keys: given["keys"] ?? { test: { secret: TEST_KEY, ...key } },
  });
}
