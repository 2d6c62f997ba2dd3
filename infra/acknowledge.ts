import { Stack, Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/** Leaves a finding on one construct as it is, and says why. */
export const acknowledge = (construct: IConstruct, id: string, reason: string): void =>
  Validations.of(construct).acknowledge({ id, reason });

/** Wildcards are acknowledged one by one, so that another one is a new finding. */
export function acknowledgeActions(construct: IConstruct, actions: readonly string[], reason: string): void {
  for (const action of actions) acknowledge(construct, `AwsSolutions-IAM5[Action::${action}]`, reason);
}

export function acknowledgeResources(construct: IConstruct, arns: readonly string[], reason: string): void {
  const stack = Stack.of(construct);
  for (const arn of arns) acknowledge(construct, `AwsSolutions-IAM5[Resource::${spelled(stack.resolve(arn))}]`, reason);
}

/** As cdk-nag spells it: what only the deployment knows stands in angle brackets, such as `<Bucket.Arn>/logs/*`. */
function spelled(resolved: Resolved): string {
  if (typeof resolved === "string") return resolved;
  if ("Ref" in resolved) return `<${resolved.Ref}>`;
  if ("Fn::GetAtt" in resolved) return `<${resolved["Fn::GetAtt"].join(".")}>`;
  const [separator, parts] = resolved["Fn::Join"];
  return parts.map(spelled).join(separator);
}

type Resolved =
  | string
  | { readonly Ref: string }
  | { readonly "Fn::GetAtt": readonly string[] }
  | { readonly "Fn::Join": readonly [string, readonly Resolved[]] };
