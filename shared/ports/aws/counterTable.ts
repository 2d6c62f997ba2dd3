import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from "@aws-sdk/client-dynamodb";

/** What an item of the ledger holds besides its key. DynamoDB's numbers have 38 digits, so that integers stay exact. */
export type Numbers = Readonly<Record<string, bigint>>;

export type Condition =
  | { readonly attribute: string; readonly is: "present" | "absent" }
  | { readonly attribute: string; readonly is: "=" | "<=" | ">=" | ">"; readonly than: bigint; readonly orAbsent?: true };

/** One write, done as a whole or not at all. */
export interface Change {
  readonly add?: Numbers;
  readonly set?: Numbers;
  readonly remove?: readonly string[];
  readonly when: readonly Condition[];
}
/** The item after a write that was done; of one that was refused the item as it stood, where the server says so. */
export type Changed = { readonly done: true; readonly item: Numbers } | { readonly done: false; readonly item: Numbers | undefined };

export interface CounterTable {
  update(pk: string, change: Change, signal: AbortSignal): Promise<Changed>;
  read(pk: string, signal: AbortSignal): Promise<Numbers | undefined>;
  /** Deletes an item whose `expiresAt` has passed. */
  removeExpired(pk: string, now: number, signal: AbortSignal): Promise<void>;
}

/** Items that are a key and integers, always read as they are at this moment. */
export function counterTable(client: DynamoDBClient, tableName: string): CounterTable {
  const item = (pk: string) => ({ TableName: tableName, Key: { pk: { S: pk } } });
  return {
    async update(pk, change, abortSignal) {
      const command = new UpdateItemCommand({
        ...item(pk),
        ...expressionsOf(change),
        ReturnValues: "ALL_NEW",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      });
      try {
        const { Attributes } = await client.send(command, { abortSignal });
        return { done: true, item: numbersOf(Attributes ?? {}) };
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return { done: false, item: error.Item && numbersOf(error.Item) };
      }
    },
    async read(pk, abortSignal) {
      const { Item } = await client.send(new GetItemCommand({ ...item(pk), ConsistentRead: true }), { abortSignal });
      return Item && numbersOf(Item);
    },
    async removeExpired(pk, now, abortSignal) {
      const condition = { ConditionExpression: "expiresAt <= :now", ExpressionAttributeValues: { ":now": { N: String(now) } } };
      try {
        await client.send(new DeleteItemCommand({ ...item(pk), ...condition }), { abortSignal });
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
}

function numbersOf(item: Record<string, AttributeValue>): Numbers {
  return Object.fromEntries(Object.entries(item).flatMap(([name, { N }]) => (N === undefined ? [] : [[name, BigInt(N)]])));
}

type Expressions = Pick<
  UpdateItemCommandInput,
  "UpdateExpression" | "ConditionExpression" | "ExpressionAttributeNames" | "ExpressionAttributeValues"
>;

/** Names and values are numbered, since some names are reserved words. */
function expressionsOf({ add = {}, set = {}, remove = [], when }: Change): Expressions {
  const names = new Map<string, string>();
  const values: Record<string, AttributeValue> = {};
  const nameOf = (attribute: string): string => {
    const known = names.get(attribute) ?? `#n${names.size}`;
    names.set(attribute, known);
    return known;
  };
  const placeOf = (value: bigint): string => {
    const name = `:v${Object.keys(values).length}`;
    values[name] = { N: String(value) };
    return name;
  };
  const clause = (word: string, parts: readonly string[]) => (parts.length === 0 ? [] : [`${word} ${parts.join(", ")}`]);
  const conditionOf = (condition: Condition): string => {
    const name = nameOf(condition.attribute);
    if (!("than" in condition)) return `${condition.is === "present" ? "attribute_exists" : "attribute_not_exists"}(${name})`;
    const compared = `${name} ${condition.is} ${placeOf(condition.than)}`;
    return condition.orAbsent ? `(attribute_not_exists(${name}) OR ${compared})` : compared;
  };

  const updates = [
    ...clause(
      "ADD",
      Object.entries(add).map(([name, value]) => `${nameOf(name)} ${placeOf(value)}`),
    ),
    ...clause(
      "SET",
      Object.entries(set).map(([name, value]) => `${nameOf(name)} = ${placeOf(value)}`),
    ),
    ...clause("REMOVE", remove.map(nameOf)),
  ];
  const conditions = when.map(conditionOf);
  return {
    UpdateExpression: updates.join(" "),
    ...(conditions.length > 0 ? { ConditionExpression: conditions.join(" AND ") } : {}),
    ExpressionAttributeNames: Object.fromEntries([...names].map(([attribute, name]) => [name, attribute])),
    ExpressionAttributeValues: values,
  };
}
