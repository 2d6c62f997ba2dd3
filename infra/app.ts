import { join } from "node:path";
import { App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { GatewayStack } from "./gatewayStack.ts";
import { readSettings } from "./settings.ts";

const built = join(import.meta.dirname, "../dist");

const app = new App();
const settings = readSettings(app.node.getAllContext());
new GatewayStack(app, "Gatehouse", {
  stackName: settings.stack,
  description: "Gatehouse, an LLM gateway",
  settings,
  assets: { gateway: join(built, "gateway"), catalog: join(built, "catalog") },
  ...(settings.region && { env: { region: settings.region } }),
});
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
