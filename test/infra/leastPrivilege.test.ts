import { ManagedPolicy, PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import { CfnBucketPolicy } from "aws-cdk-lib/aws-s3";
import { describe, expect, test } from "vitest";
import type { GatewayStack } from "../../infra/gatewayStack.ts";
import { permissionsOf } from "./permissions.ts";
import { synthesised } from "./synthesised.ts";

const ALLOWED = [
  "dynamodb:BatchGetItem <StorageControl.Arn>",
  "dynamodb:GetItem <StorageControl.Arn>",
  "dynamodb:Query <StorageControl.Arn>/index/byCollection",
  "dynamodb:BatchGetItem <StorageLive.Arn>",
  "dynamodb:DeleteItem <StorageLive.Arn>",
  "dynamodb:GetItem <StorageLive.Arn>",
  "dynamodb:PutItem <StorageLive.Arn>",
  "dynamodb:UpdateItem <StorageLive.Arn>",
  "firehose:PutRecordBatch <AnalyticsBodiesStream.Arn>",
  "firehose:PutRecordBatch <AnalyticsCallsStream.Arn>",
  "logs:CreateLogStream <GatewayLog.Arn>",
  "logs:PutLogEvents <GatewayLog.Arn>",
  "s3:PutObject <AnalyticsLogsBucket.Arn>/bodies/objects/*",
  "s3:PutObject <AnalyticsLogsBucket.Arn>/undelivered/*",
  "secretsmanager:GetSecretValue arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:gatehouse/gatehouse/provider/*",
].sort();

const gatewayPermissions = (settings: Readonly<Record<string, unknown>> = {}, change?: (stack: GatewayStack) => void) =>
  permissionsOf(synthesised({ settings, ...(change && { change }) }).template, "GatewayRole");

test("the gateway may do exactly what it needs", () => {
  expect(gatewayPermissions()).toEqual(ALLOWED);
});

test("tracing adds what X-Ray needs, and nothing else does", () => {
  const everything = { tracing: "on", logMode: "full", operators: "operators@example.com", monthlyBudgetUsd: "10" };
  expect(gatewayPermissions(everything)).toEqual([...ALLOWED, "xray:PutTelemetryRecords *", "xray:PutTraceSegments *"].sort());
});

test("another stack reads its own secrets", () => {
  expect(gatewayPermissions({ stack: "team-b" }).filter((permission) => permission.includes("secret:"))).toEqual([
    expect.stringMatching(/:secret:gatehouse\/team-b\/provider\/\*$/),
  ]);
});

describe("whatever is added is seen:", () => {
  const roleOf = ({ gateway }: GatewayStack) => gateway.function.role as Role;
  const added: Readonly<Record<string, (stack: GatewayStack) => void>> = {
    "an action": ({ gateway }) => gateway.function.addToRolePolicy(new PolicyStatement({ actions: ["dynamodb:Scan"], resources: ["*"] })),
    "a whole service": ({ gateway }) => gateway.function.addToRolePolicy(new PolicyStatement({ actions: ["s3:*"], resources: ["*"] })),
    "a statement with a condition": ({ gateway }) =>
      gateway.function.addToRolePolicy(
        new PolicyStatement({ actions: ["sqs:SendMessage"], resources: ["*"], conditions: { Bool: { "aws:SecureTransport": true } } }),
      ),
    "a managed policy": (stack) => roleOf(stack).addManagedPolicy(ManagedPolicy.fromAwsManagedPolicyName("ReadOnlyAccess")),
    "a managed policy of the stack": (stack) =>
      new ManagedPolicy(stack, "Extra", {
        roles: [roleOf(stack)],
        statements: [new PolicyStatement({ actions: ["sqs:SendMessage"], resources: ["*"] })],
      }),
    "a bucket policy": (stack) =>
      new CfnBucketPolicy(stack, "Extra", {
        bucket: "other",
        policyDocument: { Statement: [{ Effect: "Allow", Principal: { AWS: roleOf(stack).roleArn } }] },
      }),
  };

  test.each(Object.entries(added))("%s", (_, change) => {
    const permissions = gatewayPermissions({}, change);
    expect(permissions.filter((permission) => !ALLOWED.includes(permission))).toHaveLength(1);
    expect(ALLOWED.filter((permission) => !permissions.includes(permission))).toEqual([]);
  });
});
