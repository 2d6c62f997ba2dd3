import { RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { bodyRecordSchema, callRecordSchema } from "../shared/contracts/record.ts";
import { acknowledge } from "./acknowledge.ts";
import { Alarms } from "./alarms.ts";
import { Analytics } from "./analytics.ts";
import { Catalog } from "./catalog.ts";
import { Dashboard } from "./dashboard.ts";
import { GatewayFunction } from "./gatewayFunction.ts";
import { glueColumns } from "./glueColumns.ts";
import { measuresOf } from "./measures.ts";
import { printNextSteps } from "./nextSteps.ts";
import { Operators } from "./operators.ts";
import { ProviderSecrets } from "./providerSecrets.ts";
import type { Settings } from "./settings.ts";
import { Storage } from "./storage.ts";

interface GatewayStackProps extends StackProps {
  readonly settings: Settings;
  /** Folders that the build wrote. */
  readonly assets: { readonly gateway: string; readonly catalog: string };
}

/** A whole gateway in one account and region. */
export class GatewayStack extends Stack {
  readonly gateway: GatewayFunction;

  constructor(scope: Construct, id: string, { settings, assets, ...props }: GatewayStackProps) {
    super(scope, id, props);
    acknowledge(this, "CloudFormation-Validate::W7001", "the table of addresses that CDK adds for Firehose is for clusters in a VPC");
    const isKept = settings.removal === "retain";
    const removal = isKept ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    const columns = { calls: glueColumns(callRecordSchema), bodies: glueColumns(bodyRecordSchema) };

    const storage = new Storage(this, "Storage", { isKept, removal });
    const secrets = new ProviderSecrets(this, "ProviderSecrets");
    const analytics = new Analytics(this, "Analytics", { ...settings, columns, removal });
    const catalog = new Catalog(this, "Catalog", assets.catalog);
    this.gateway = new GatewayFunction(this, "Gateway", {
      settings,
      code: assets.gateway,
      catalog: catalog.layer,
      storage,
      secrets,
      analytics,
    });

    const { operators: address, monthlyBudgetUsd } = settings;
    const operators = address === undefined ? undefined : new Operators(this, "Operators", { address, monthlyBudgetUsd });
    const measures = measuresOf({ gateway: this.gateway, storage, analytics });
    const alarms = new Alarms(this, "Alarms", { measures, notify: operators?.topic });
    new Dashboard(this, "Dashboard", { measures, alarms });
    printNextSteps(this, { gateway: this.gateway, storage, secrets, analytics });
  }
}
