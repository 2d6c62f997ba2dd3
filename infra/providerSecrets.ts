import { ArnFormat, Stack } from "aws-cdk-lib";
import { Grant, type IRole } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { acknowledgeResources } from "./acknowledge.ts";

/** The keys of the providers. They are made while the gateway runs, so the stack knows only where they will be. */
export class ProviderSecrets extends Construct {
  readonly prefix: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.prefix = `gatehouse/${Stack.of(this).stackName}/provider/`;
  }

  grantRead(grantee: IRole): void {
    const resourceName = `${this.prefix}*`;
    const resourceArn = Stack.of(this).formatArn({
      service: "secretsmanager",
      resource: "secret",
      resourceName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    Grant.addToPrincipal({ grantee, actions: ["secretsmanager:GetSecretValue"], resourceArns: [resourceArn] });
    acknowledgeResources(grantee, [resourceArn], "providers are added while the gateway runs, and the prefix holds only their keys");
  }
}
