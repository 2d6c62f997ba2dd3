import { CreateTableCommand, type DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import dynalite from "dynalite";
import { storeClient } from "../../../shared/ports/aws/dynamoClients.ts";
import { COLLECTION_INDEX } from "../../../shared/ports/aws/dynamoReads.ts";
import { closed, listening } from "./loopback.ts";

export interface Dynamo {
  readonly endpoint: string;
  /** A table of the gateway's shape that nobody wrote to before. */
  newTable(): Promise<string>;
  close(): Promise<void>;
}

/** What a client needs to reach a server on loopback. */
export const localConfig = (endpoint: string) =>
  ({ endpoint, region: "eu-central-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } }) satisfies DynamoDBClientConfig;

/** dynalite in this process, in memory, on a free port. */
export async function startDynamo(): Promise<Dynamo> {
  const server = dynalite({ createTableMs: 0 });
  const endpoint = await listening(server);
  const client = storeClient(localConfig(endpoint));
  let tables = 0;
  return {
    endpoint,
    async newTable() {
      tables += 1;
      await createTable(client, `table${tables}`);
      return `table${tables}`;
    },
    close() {
      client.destroy();
      return closed(server);
    },
  };
}

const createTable = (client: DynamoDBClient, name: string): Promise<unknown> =>
  client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: ["pk", "collection", "id"].map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
      KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
      GlobalSecondaryIndexes: [
        {
          IndexName: COLLECTION_INDEX,
          KeySchema: [
            { AttributeName: "collection", KeyType: "HASH" },
            { AttributeName: "id", KeyType: "RANGE" },
          ],
          Projection: { ProjectionType: "KEYS_ONLY" },
        },
      ],
    }),
  );
