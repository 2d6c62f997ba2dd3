import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Match } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { glueColumns } from "../../infra/glueColumns.ts";
import { gatewayEnvironmentSchema } from "../../shared/contracts/environment.ts";
import { bodyRecordSchema, callRecordSchema } from "../../shared/contracts/record.ts";
import { resourcesOf, synthesised } from "./synthesised.ts";

const { template } = synthesised();
const properties = (type: string) => Object.values(template.findResources(type)).map(({ Properties }) => Properties);

describe("tables", () => {
  test("control can be restored, is protected and has a sparse index", () => {
    template.hasResource("AWS::DynamoDB::GlobalTable", {
      DeletionPolicy: "Retain",
      Properties: {
        BillingMode: "PAY_PER_REQUEST",
        KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
        GlobalSecondaryIndexes: [
          {
            IndexName: "byCollection",
            KeySchema: [
              { AttributeName: "collection", KeyType: "HASH" },
              { AttributeName: "id", KeyType: "RANGE" },
            ],
            Projection: { ProjectionType: "KEYS_ONLY" },
          },
        ],
        Replicas: [
          Match.objectLike({ DeletionProtectionEnabled: true, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }),
        ],
      },
    });
  });

  test("live is on demand, forgets by ttl and has no index to pay for", () => {
    template.hasResourceProperties("AWS::DynamoDB::GlobalTable", {
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
      TimeToLiveSpecification: { AttributeName: "ttl", Enabled: true },
      GlobalSecondaryIndexes: Match.absent(),
    });
  });
});

describe("the gateway function", () => {
  const [fn] = properties("AWS::Lambda::Function");

  test("is the only function: arm64, Node 24, 15 minutes, no VPC, JSON logs that end after a month", () => {
    expect(properties("AWS::Lambda::Function")).toHaveLength(1);
    expect(fn).toMatchObject({
      Runtime: "nodejs24.x",
      Architectures: ["arm64"],
      Handler: "lambda.handler",
      Timeout: 900,
      MemorySize: 512,
      ReservedConcurrentExecutions: 100,
      LoggingConfig: { LogFormat: "JSON", SystemLogLevel: "WARN" },
    });
    expect(fn).not.toHaveProperty("VpcConfig");
    expect(fn).not.toHaveProperty("TracingConfig");
    expect(properties("AWS::Logs::LogGroup").map(({ RetentionInDays }) => RetentionInDays)).toEqual([30, 30, 30]);
  });

  test("gets the environment that it parses, and the name for its metrics", () => {
    const { Variables } = (fn?.["Environment"] ?? {}) as { Variables: Record<string, unknown> };
    expect(Object.keys(Variables).sort()).toEqual([...Object.keys(gatewayEnvironmentSchema.shape), "POWERTOOLS_SERVICE_NAME"].sort());
    const deployed = Object.fromEntries(
      Object.entries(Variables).map(([name, value]) => [name, typeof value === "string" ? value : "named"]),
    );
    expect(gatewayEnvironmentSchema.parse(deployed)).toMatchObject({
      SECRETS_PREFIX: "gatehouse/gatehouse/provider/",
      LOG_MODE: "metadata",
      TRACING: "off",
    });
  });

  test("streams behind a public address, which takes two permissions", () => {
    template.hasResourceProperties("AWS::Lambda::Url", { AuthType: "NONE", InvokeMode: "RESPONSE_STREAM" });
    const permissions = properties("AWS::Lambda::Permission").map(({ FunctionName: _, ...permission }) => permission);
    expect(permissions).toEqual([
      { Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: "NONE", Principal: "*" },
      { Action: "lambda:InvokeFunction", InvokedViaFunctionUrl: true, Principal: "*" },
    ]);
  });

  test("has the prices as a layer that says its version", () => {
    template.hasResourceProperties("AWS::Lambda::LayerVersion", {
      Description: "models and prices: prices@1.2.3",
      CompatibleRuntimes: ["nodejs24.x"],
    });
    expect(fn?.["Layers"]).toHaveLength(1);
  });
});

describe("the log", () => {
  const tables = { calls: callRecordSchema, bodies: bodyRecordSchema };

  test.each(["calls", "bodies"] as const)("the columns of %s are the record's, and its partitions are computed", (name) => {
    const columns = glueColumns(tables[name]).map(({ name, type, comment }) => ({
      Name: name,
      Type: type.inputString,
      ...(comment && { Comment: comment }),
    }));
    expect(columns.map(({ Name }) => Name)).toEqual(Object.keys(tables[name].shape));
    template.hasResourceProperties("AWS::Glue::Table", {
      TableInput: {
        Name: name,
        PartitionKeys: [
          { Name: "dt", Type: "string" },
          { Name: "hour", Type: "string" },
        ],
        Parameters: Match.objectLike({
          "projection.enabled": "true",
          "projection.dt.type": "date",
          "projection.dt.format": "yyyy-MM-dd",
          "projection.dt.range": name === "calls" ? "NOW-400DAYS,NOW+1DAYS" : "NOW-30DAYS,NOW+1DAYS",
          "projection.hour.type": "enum",
          "projection.hour.values": Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, "0")).join(","),
        }),
        StorageDescriptor: Match.objectLike({
          Columns: columns,
          Location: { "Fn::Join": ["", ["s3://", Match.anyValue(), `/${name}/`]] },
          SerdeInfo: { SerializationLibrary: Match.stringLikeRegexp("ParquetHiveSerDe$") },
        }),
      },
    });
  });

  test.each(["calls", "bodies"])(
    "the stream of %s makes Parquet of it, keeps the case of keys, and places it by the time of the call",
    (name) => {
      template.hasResourceProperties("AWS::KinesisFirehose::DeliveryStream", {
        DeliveryStreamEncryptionConfigurationInput: { KeyType: "AWS_OWNED_CMK" },
        ExtendedS3DestinationConfiguration: {
          Prefix: `${name}/dt=!{partitionKeyFromQuery:dt}/hour=!{partitionKeyFromQuery:hour}/`,
          ErrorOutputPrefix: `errors/${name}/!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/`,
          DynamicPartitioningConfiguration: { Enabled: true },
          ProcessingConfiguration: {
            Processors: [
              {
                Type: "MetadataExtraction",
                Parameters: Match.arrayWith([
                  { ParameterName: "MetadataExtractionQuery", ParameterValue: '{"dt":.started_at[0:10],"hour":.started_at[11:13]}' },
                ]),
              },
            ],
          },
          DataFormatConversionConfiguration: {
            Enabled: true,
            InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: { CaseInsensitive: false } } },
            OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } },
          },
          EncryptionConfiguration: name === "bodies" ? { KMSEncryptionConfig: Match.anyValue() } : Match.absent(),
        },
      });
    },
  );

  test("the bucket is private and encrypted, refuses plain HTTP, and each prefix has its time", () => {
    const [bucket] = properties("AWS::S3::Bucket");
    expect(properties("AWS::S3::Bucket")).toHaveLength(1);
    expect(bucket).toMatchObject({
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }] },
      MetricsConfigurations: [
        { Id: "undelivered", Prefix: "undelivered/" },
        { Id: "errors", Prefix: "errors/" },
      ],
    });
    const rules = ((bucket?.["LifecycleConfiguration"] ?? {}) as { Rules: { Prefix?: string; ExpirationInDays?: number }[] }).Rules;
    expect(Object.fromEntries(rules.flatMap(({ Prefix, ExpirationInDays }) => (Prefix ? [[Prefix, ExpirationInDays]] : [])))).toEqual({
      "calls/": 400,
      "bodies/": 30,
      "undelivered/": 30,
      "errors/": 30,
      "athena-results/": 7,
    });
    template.hasResourceProperties("AWS::S3::BucketPolicy", {
      PolicyDocument: { Statement: [Match.objectLike({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } })] },
    });
    template.hasResourceProperties("AWS::KMS::Key", { EnableKeyRotation: true });
  });

  test("a query that reads too much is ended, and its results are encrypted", () => {
    template.hasResourceProperties("AWS::Athena::WorkGroup", {
      Name: "gatehouse",
      WorkGroupConfiguration: {
        EnforceWorkGroupConfiguration: true,
        BytesScannedCutoffPerQuery: 10_000_000_000,
        ResultConfiguration: { EncryptionConfiguration: { EncryptionOption: "SSE_S3" }, ExpectedBucketOwner: { Ref: "AWS::AccountId" } },
      },
    });
  });
});

describe("what is watched", () => {
  const alarms = properties("AWS::CloudWatch::Alarm");

  test("failures, throttles, slow calls, late and lost records", () => {
    expect(alarms.map(({ MetricName }) => MetricName).sort()).toEqual(
      [
        "DeliveryToS3.DataFreshness",
        "DeliveryToS3.DataFreshness",
        "Duration",
        "Errors",
        "FailedConversion.Records",
        "FailedConversion.Records",
      ]
        .concat(["GatewayErrors", "PutRequests", "PutRequests", "ReadThrottleEvents", "Throttles", "UndeliveredRecords", "UnpricedCalls"])
        .concat(["Url5xxCount", "WriteThrottleEvents"]),
    );
    expect(alarms.every(({ AlarmActions, TreatMissingData }) => AlarmActions === undefined && TreatMissingData === "notBreaching")).toBe(
      true,
    );
    template.resourceCountIs("AWS::CloudWatch::Dashboard", 1);
  });

  test("the function writes the metrics of its own that are watched, under the name of the stack", () => {
    const written = ["metrics.ts", "services.ts"]
      .map((file) => readFileSync(join(import.meta.dirname, "../../functions/gateway/lambda", file), "utf8"))
      .join();
    const own = JSON.stringify(template.toJSON()).match(/(?<=\\"Gatehouse\\",\\")\w+/g) ?? [];
    expect(own.length).toBeGreaterThan(5);
    for (const name of own) expect(written).toMatch(new RegExp(`\\b${name}\\b`));
    const [lost] = alarms.filter(({ MetricName }) => MetricName === "UndeliveredRecords");
    expect(lost).toMatchObject({ Namespace: "Gatehouse", Dimensions: [{ Name: "service", Value: "gatehouse" }] });
  });

  test("an address is told of every alarm and of the budget", () => {
    const { template: told } = synthesised({ settings: { operators: "operators@example.com", monthlyBudgetUsd: "25" } });
    told.hasResourceProperties("AWS::SNS::Subscription", { Protocol: "email", Endpoint: "operators@example.com" });
    expect(
      Object.values(told.findResources("AWS::CloudWatch::Alarm")).every(({ Properties }) => Properties.AlarmActions.length === 1),
    ).toBe(true);
    told.hasResourceProperties("AWS::Budgets::Budget", { Budget: { BudgetLimit: { Amount: 25, Unit: "USD" }, TimeUnit: "MONTHLY" } });
  });
});

/** It is kept, in a group that is not. */
const LOG_STREAM = "AWS::Logs::LogStream";

test("a stack for a trial goes with everything it has", () => {
  const { template: trial } = synthesised({
    settings: { removal: "destroy", reservedConcurrency: "none", memoryMb: "1024", tracing: "on" },
  });
  const kept = Object.values(resourcesOf(trial)).filter(({ Type, DeletionPolicy }) => DeletionPolicy === "Retain" && Type !== LOG_STREAM);
  expect(kept).toEqual([]);
  expect(JSON.stringify(trial.toJSON())).not.toContain('"DeletionProtectionEnabled":true');
  trial.hasResourceProperties("AWS::Lambda::Function", {
    MemorySize: 1024,
    ReservedConcurrentExecutions: Match.absent(),
    TracingConfig: { Mode: "Active" },
  });
});

/** A new logical id is a new table, bucket or address, and the old one is left behind or deleted. */
test("what has a state, or an address that others know, keeps its logical id", () => {
  const stateful =
    /^AWS::(DynamoDB::GlobalTable|S3::Bucket|KMS::Key|Glue::(Database|Table)|KinesisFirehose::DeliveryStream|Athena::WorkGroup|Logs::LogGroup|Lambda::(Function|Url))$/;
  const ids = Object.entries(resourcesOf(template)).flatMap(([id, { Type }]) => (stateful.test(Type) ? [`${Type} ${id}`] : []));
  const committed: unknown = JSON.parse(readFileSync(join(import.meta.dirname, "statefulResources.json"), "utf8"));
  expect(ids.sort()).toEqual(committed);
});

test.each([{}, { region: "eu-central-1" }, { region: "cn-north-1" }])(
  "the template is the same for %o, so that an account and a region are chosen by deploying",
  (env) => {
    const { template: there } = synthesised({ env });
    expect(Object.keys(resourcesOf(there))).toEqual(Object.keys(resourcesOf(template)));
  },
);
