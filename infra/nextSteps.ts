import { CfnOutput, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { Analytics } from "./analytics.ts";
import type { GatewayFunction } from "./gatewayFunction.ts";
import type { ProviderSecrets } from "./providerSecrets.ts";
import type { Storage } from "./storage.ts";

interface Deployed {
  readonly gateway: GatewayFunction;
  readonly storage: Storage;
  readonly secrets: ProviderSecrets;
  readonly analytics: Analytics;
}

/** What is printed after a deployment: addresses, and the commands that come next. */
export function printNextSteps(scope: Construct, { gateway, storage, secrets, analytics }: Deployed): void {
  const { region, stackName } = Stack.of(scope);
  const url = gateway.url.url;
  const steps = {
    GatewayUrl: [url, "the base URL of applications is this with v1 behind it"],
    Health: [`curl ${url}health`, "works at once, without a key"],
    ProviderSecret: [
      `aws secretsmanager create-secret --region ${region} --name ${secrets.prefix}openai-prod --secret-string "$OPENAI_API_KEY"`,
      "gives the gateway a provider's key",
    ],
    FirstCall: [
      `curl ${url}v1/chat/completions -H "authorization: Bearer $KEY" -H "content-type: application/json" -d '{"model":"@openai-prod/gpt-4o-mini","messages":[{"role":"user","content":"Hello"}]}'`,
      "with a virtual key; docs/deploy.md says how to make one",
    ],
    ControlTable: [storage.control.tableName, "keys, teams, providers, configs"],
    LiveTable: [storage.live.tableName, "counters and cached answers"],
    LogBucket: [analytics.logs.bucket.bucketName, "calls, bodies and what was not delivered"],
    CallsStream: [analytics.calls.stream.deliveryStreamName, "takes the records of calls"],
    BodiesKey: [analytics.bodiesKey.keyId, "the KMS key of what was said; it stays when the stack goes"],
    QueryWorkGroup: [
      analytics.queries.workGroup.ref,
      `Athena: database ${analytics.databaseName}, saved queries 1 to 3; the first one makes the view`,
    ],
    FunctionLog: [`aws logs tail ${gateway.function.logGroup.logGroupName} --region ${region} --follow`, "what the function says"],
    DashboardUrl: [`https://console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${stackName}`, "how it is doing"],
  } as const;
  for (const [name, [value, description]] of Object.entries(steps)) new CfnOutput(scope, name, { value, description });
}
