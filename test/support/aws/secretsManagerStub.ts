import { jsonAnswer, jsonError, type Stub, type StubAnswer, startStub } from "./stubServer.ts";

export interface SecretsManagerStub extends Stub {
  readonly secrets: ReadonlyMap<string, string>;
  readonly operations: readonly string[];
  /** What the next requests get instead of an answer. */
  script(...answers: readonly StubAnswer[]): void;
}

interface Request {
  readonly SecretId: string;
  readonly Name: string;
  readonly SecretString: string;
  readonly ForceDeleteWithoutRecovery?: boolean;
}

export async function startSecretsManager(): Promise<SecretsManagerStub> {
  const secrets = new Map<string, string>();
  const operations: string[] = [];
  const scripted: StubAnswer[] = [];

  const onExisting = (id: string, answer: () => unknown): StubAnswer =>
    secrets.has(id) ? jsonAnswer(answer()) : jsonError(400, "ResourceNotFoundException");
  const actions: Readonly<Record<string, (request: Request) => StubAnswer>> = {
    GetSecretValue: ({ SecretId }) => onExisting(SecretId, () => ({ Name: SecretId, SecretString: secrets.get(SecretId) })),
    PutSecretValue: ({ SecretId, SecretString }) =>
      onExisting(SecretId, () => ({ VersionId: secrets.set(SecretId, SecretString).size.toString() })),
    CreateSecret: ({ Name, SecretString }) => {
      if (secrets.has(Name)) return jsonError(400, "ResourceExistsException");
      secrets.set(Name, SecretString);
      return jsonAnswer({ Name });
    },
    DeleteSecret: ({ SecretId, ForceDeleteWithoutRecovery }) =>
      // Otherwise it could be brought back for weeks.
      ForceDeleteWithoutRecovery
        ? onExisting(SecretId, () => ({ Name: SecretId, deleted: secrets.delete(SecretId) }))
        : jsonError(400, "InvalidRequestException"),
  };

  const stub = await startStub(({ operation, body }) => {
    operations.push(operation);
    return scripted.shift() ?? actions[operation]?.(JSON.parse(body.toString("utf8"))) ?? jsonError(400, "UnknownOperationException");
  });
  return { ...stub, secrets, operations, script: (...answers) => scripted.push(...answers) };
}
