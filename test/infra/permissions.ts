import type { Template } from "aws-cdk-lib/assertions";
import { type Resource, resourcesOf } from "./synthesised.ts";

/**
 * All that a role may do by a template, one line for each action on each resource, sorted. Whatever cannot be said in such a
 * line (a managed policy, another resource that names the role, a statement of an unusual form) is a line of its own.
 */
export function permissionsOf(template: Template, rolePath: string): readonly string[] {
  const resources = Object.entries(resourcesOf(template));
  const found = resources.find(([id, { Type }]) => Type === "AWS::IAM::Role" && withoutHash(id) === rolePath);
  if (!found) throw new Error(`there is no role ${rolePath}`);
  const [roleId, role] = found;
  return [...ofRole(role), ...resources.filter(([id]) => id !== roleId).flatMap(([id, resource]) => ofOther(id, resource, roleId))].sort();
}

function ofRole({ Properties: { AssumeRolePolicyDocument: _trust, Policies = [], ManagedPolicyArns = [], ...rest } }: Resource): string[] {
  const inline = (Policies as { PolicyDocument: Document }[]).flatMap(({ PolicyDocument }) => ofDocument(PolicyDocument));
  const managed = (ManagedPolicyArns as unknown[]).map((arn) => `managed policy ${text(arn)}`);
  return [...inline, ...managed, ...Object.keys(rest).map((property) => `property ${property}`)];
}

/** What another resource gives to the role. The function that has it gives it nothing. */
function ofOther(id: string, { Type, Properties }: Resource, roleId: string): string[] {
  if (!names(Properties, roleId) || Type === "AWS::Lambda::Function") return [];
  const isPolicy = Type === "AWS::IAM::Policy" || Type === "AWS::IAM::ManagedPolicy" || Type === "AWS::IAM::RolePolicy";
  return isPolicy ? ofDocument(Properties["PolicyDocument"] as Document) : [`named in ${withoutHash(id)}`];
}

const names = (value: unknown, roleId: string): boolean => JSON.stringify(value ?? null).includes(`"${roleId}"`);

interface Document {
  readonly Statement: readonly Statement[];
}
interface Statement {
  readonly Effect: string;
  readonly Action?: string | readonly string[];
  readonly Resource?: unknown;
}

const ofDocument = ({ Statement }: Document): string[] => Statement.flatMap(ofStatement);

function ofStatement({ Effect, Action, Resource: resource, ...rest }: Statement): string[] {
  if (Effect !== "Allow" || Action === undefined || resource === undefined || Object.keys(rest).some((key) => key !== "Sid")) {
    return [`statement ${JSON.stringify({ Effect, Action, Resource: resource, ...rest })}`];
  }
  return [Action].flat().flatMap((action) => [resource].flat().map((each) => `${action} ${text(each)}`));
}

/** An intrinsic function as text, such as `<StorageControl.Arn>/index/byCollection`. */
function text(value: unknown): string {
  if (typeof value === "string") return value;
  const {
    Ref,
    "Fn::GetAtt": attribute,
    "Fn::Join": join,
  } = value as { Ref?: string; "Fn::GetAtt"?: [string, string]; "Fn::Join"?: [string, unknown[]] };
  if (Ref !== undefined) return `<${withoutHash(Ref)}>`;
  if (attribute) return `<${withoutHash(attribute[0])}.${attribute[1]}>`;
  if (join) return join[1].map(text).join(join[0]);
  return JSON.stringify(value);
}

const withoutHash = (logicalId: string): string => logicalId.replace(/[0-9A-F]{8}$/, "");
