import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { expect, test } from "vitest";
import { secretsManager } from "../../shared/ports/aws/secretsManager.ts";
import type { Secrets } from "../../shared/ports/ports.ts";
import { localConfig } from "../support/aws/dynamoTables.ts";
import { type SecretsManagerStub, startSecretsManager } from "../support/aws/secretsManagerStub.ts";
import { jsonError } from "../support/aws/stubServer.ts";
import type { Opened } from "./opened.ts";
import { describeSecrets } from "./secretsContract.ts";

const PREFIX = "gatehouse/test/provider/";

async function openSecrets(): Promise<Opened<Secrets> & { readonly stub: SecretsManagerStub }> {
  const stub = await startSecretsManager();
  const client = new SecretsManagerClient({ ...localConfig(stub.endpoint), maxAttempts: 1 });
  const close = () => {
    client.destroy();
    return stub.close();
  };
  return { port: secretsManager(client, PREFIX), stub, close };
}

describeSecrets("Secrets Manager", openSecrets);

const opened = test.extend("opened", async ({ task: _ }, { onCleanup }) => {
  const secrets = await openSecrets();
  onCleanup(secrets.close);
  return secrets;
});

opened("Secrets Manager keeps secrets under the prefix, and creates only what is missing", async ({ opened: { port, stub } }) => {
  await port.write("openai", "sk-one");
  await port.write("openai", "sk-two");
  expect(stub.secrets).toEqual(new Map([[`${PREFIX}openai`, "sk-two"]]));
  expect(stub.operations).toEqual(["PutSecretValue", "CreateSecret", "PutSecretValue"]);
});

opened("Secrets Manager takes the last of two writers who create the same secret", async ({ opened: { port } }) => {
  await Promise.all([port.write("openai", "sk-same"), port.write("openai", "sk-same")]);
  expect(await port.read("openai")).toBe("sk-same");
});

opened("Secrets Manager says what failed and never a value", async ({ opened: { port, stub } }) => {
  await port.write("openai", "sk-secret");
  const answers = [
    jsonError(400, "AccessDeniedException"),
    "die",
    { status: 200, body: '{"SecretString": "sk-secret"' },
    { status: 200, body: "{}" },
  ] as const;
  for (const answer of answers) {
    stub.script(answer);
    const error: unknown = await port.read("openai").catch((reason) => reason);
    expect(error).toMatchObject({ message: expect.stringContaining("the secret openai could not be read: ") });
    expect(error).not.toHaveProperty("cause");
    expect(String(error)).not.toContain("sk-secret");
  }
  stub.script(jsonError(400, "DecryptionFailure"), jsonError(400, "InvalidRequestException"));
  await expect(port.write("openai", "sk-secret")).rejects.toThrow("the secret openai could not be written: DecryptionFailure");
  await expect(port.remove("openai")).rejects.toThrow("the secret openai could not be removed: InvalidRequestException");
});
