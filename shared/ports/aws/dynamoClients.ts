import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";

/** For `dynamoStore`: every command of it may be sent again, so the SDK retries as it usually does. */
export const storeClient = (config: DynamoDBClientConfig = {}): DynamoDBClient => new DynamoDBClient({ ...config, maxAttempts: 3 });

/** For `dynamoLedger`: an ADD that is sent again is an ADD that is counted twice, so the SDK retries nothing. */
export const ledgerClient = (config: DynamoDBClientConfig = {}): DynamoDBClient => new DynamoDBClient({ ...config, maxAttempts: 1 });
