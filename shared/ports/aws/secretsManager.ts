import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import type { Secrets } from "../ports.ts";

/**
 * Secrets under `prefix` (such as `gatehouse/<stack>/provider/`), asked for each time: `state/providerSecrets.ts` keeps
 * them. Errors have no cause, since the SDK puts what it could not understand into its errors, and that is a secret.
 */
export function secretsManager(client: SecretsManagerClient, prefix: string): Secrets {
  const idOf = (name: string) => `${prefix}${name}`;
  const put = (name: string, value: string) => client.send(new PutSecretValueCommand({ SecretId: idOf(name), SecretString: value }));
  const create = (name: string, value: string) => client.send(new CreateSecretCommand({ Name: idOf(name), SecretString: value }));
  return {
    read: (name) =>
      named(name, "read", async () => {
        const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: idOf(name) }));
        if (SecretString === undefined) throw new Error("it is binary");
        return SecretString;
      }),
    write: (name, value) =>
      named(name, "written", async () => {
        // Created only when it is missing; whoever finds that another one has just created it puts after all.
        await put(name, value)
          .catch(unlessMissing(() => create(name, value)))
          .catch(unlessExisting(() => put(name, value)));
      }),
    remove: (name) =>
      named(name, "removed", async () => {
        await client
          .send(new DeleteSecretCommand({ SecretId: idOf(name), ForceDeleteWithoutRecovery: true }))
          .catch(unlessMissing(async () => undefined));
      }),
  };
}

type Kind = abstract new (...parts: never[]) => Error;

const unless =
  (kind: Kind) =>
  <Value>(otherwise: () => Promise<Value>) =>
  (error: unknown): Promise<Value> => {
    if (error instanceof kind) return otherwise();
    throw error;
  };
const unlessMissing = unless(ResourceNotFoundException);
const unlessExisting = unless(ResourceExistsException);

async function named<Value>(name: string, done: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ResourceNotFoundException) throw new Error(`there is no secret ${name}`);
    throw new Error(`the secret ${name} could not be ${done}: ${error instanceof Error ? error.name : "unknown failure"}`);
  }
}
