import { App, Validations } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { AwsSolutionsChecks } from "cdk-nag";
import { expect, test } from "vitest";
import { flags, gatewayStack, temporaryFolder, type Wanted } from "./synthesised.ts";

function checkedApp(wanted: Wanted) {
  const app = new App({ context: flags(), outdir: temporaryFolder("assembly") });
  const stack = gatewayStack(app, wanted);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return { app, stack };
}

test.each<Wanted>([
  {},
  { env: { region: "eu-central-1" } },
  { settings: { tracing: "on", operators: "operators@example.com", monthlyBudgetUsd: "10" } },
])("cdk-nag finds nothing that is not acknowledged with %j", (wanted) => {
  expect(() => checkedApp(wanted).app.synth()).not.toThrow();
});

test("an acknowledged wildcard does not excuse another one", () => {
  const { app, stack } = checkedApp({});
  stack.gateway.function.addToRolePolicy(new PolicyStatement({ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::elsewhere/*"] }));
  expect(() => app.synth()).toThrow("AwsSolutions-IAM5[Resource::arn:aws:s3:::elsewhere/*]");
});
