import {
  type AttributeValue,
  BatchGetItemCommand,
  type BatchGetItemCommandInput,
  type BatchGetItemCommandOutput,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
} from "@aws-sdk/client-dynamodb";
import type { Key, Stored } from "../ports.ts";
import { pause } from "./pause.ts";

/** Of the index over the ids of a collection: hash key `collection`, range key `id`, projection KEYS_ONLY. */
export const COLLECTION_INDEX = "byCollection";

export interface Table {
  readonly client: DynamoDBClient;
  readonly name: string;
  readonly now: () => number;
  readonly listed: boolean;
}
export type Item = Record<string, AttributeValue>;

export const pkOf = ({ collection, id }: Key): string => `${collection}#${id}`;
export const keyOf = (key: Key): Item => ({ pk: { S: pkOf(key) } });

function storedOf(item: Item | undefined, now: number): Stored | undefined {
  if (!item?.["pk"]?.S || !item["value"]?.S) return undefined;
  if (item["expiresAt"]?.N !== undefined && Number(item["expiresAt"].N) <= now) return undefined;
  const { S: pk } = item["pk"];
  return { id: pk.slice(pk.indexOf("#") + 1), value: JSON.parse(item["value"].S), version: Number(item["version"]?.N) };
}

export async function getOne({ client, name, now }: Table, key: Key): Promise<Stored | undefined> {
  const { Item } = await client.send(new GetItemCommand({ TableName: name, Key: keyOf(key), ConsistentRead: true }));
  return storedOf(Item, now());
}

export async function getMany(table: Table, keys: readonly Key[]): Promise<readonly (Stored | undefined)[]> {
  // DynamoDB refuses a batch in which a key stands twice.
  const wanted = [...new Set(keys.map(pkOf))];
  const batches = Array.from({ length: Math.ceil(wanted.length / KEYS_OF_A_BATCH) }, (_, index) =>
    wanted.slice(index * KEYS_OF_A_BATCH, (index + 1) * KEYS_OF_A_BATCH),
  );
  const items = (await Promise.all(batches.map((batch) => getBatch(table, batch)))).flat();
  const byKey = new Map(items.map((item) => [item["pk"]?.S, item]));
  return keys.map((key) => storedOf(byKey.get(pkOf(key)), table.now()));
}

const KEYS_OF_A_BATCH = 100;

/** What one answer cannot hold (16 MB) is asked for at once; when nothing came at all, a little later and at most six times. */
async function getBatch({ client, name }: Table, pks: readonly string[]): Promise<Item[]> {
  const found: Item[] = [];
  let missing: Item[] | undefined = pks.map((pk) => ({ pk: { S: pk } }));
  for (let waitMs = 10; waitMs <= 320; ) {
    const RequestItems: BatchGetItemCommandInput["RequestItems"] = { [name]: { Keys: missing, ConsistentRead: true } };
    const { Responses, UnprocessedKeys }: BatchGetItemCommandOutput = await client.send(new BatchGetItemCommand({ RequestItems }));
    const items = Responses?.[name] ?? [];
    found.push(...items);
    missing = UnprocessedKeys?.[name]?.Keys;
    if (!missing?.length) return found;
    if (items.length > 0) continue;
    await pause(waitMs);
    waitMs *= 2;
  }
  throw new Error(`the table ${name} did not give all of ${pks.length} items`);
}

interface Span {
  readonly collection: string;
  readonly prefix: string;
  readonly after: string;
  readonly count: number;
}

/** The index gives the ids, and the table the values, so that no value has to be stored twice. */
export async function firstAfter(table: Table, { collection, prefix, after, count }: Span): Promise<readonly Stored[]> {
  if (!table.listed) throw new Error(`the table ${table.name} keeps no lists`);
  const found: Stored[] = [];
  for (let last: string | undefined = after; last !== undefined && found.length < count; ) {
    const page = await idsAfter(table, { collection, prefix, after: last, count: count - found.length });
    const items = await getMany(
      table,
      page.ids.map((id) => ({ collection, id })),
    );
    found.push(...items.filter((item) => item !== undefined));
    last = page.next;
  }
  return found;
}

async function idsAfter(
  { client, name }: Table,
  { collection, prefix, after, count }: Span,
): Promise<{ ids: string[]; next: string | undefined }> {
  // The first text after `after` is itself with a NUL, the last one with a prefix ends in the last code point.
  const [low, high] = [after < prefix ? prefix : `${after}\0`, `${prefix}\u{10ffff}`];
  if (low > high) return { ids: [], next: undefined };
  const { Items = [], LastEvaluatedKey } = await client.send(
    new QueryCommand({
      TableName: name,
      IndexName: COLLECTION_INDEX,
      KeyConditionExpression: "#collection = :collection AND id BETWEEN :low AND :high",
      ExpressionAttributeNames: { "#collection": "collection" },
      ExpressionAttributeValues: { ":collection": { S: collection }, ":low": { S: low }, ":high": { S: high } },
      Limit: count,
    }),
  );
  return { ids: Items.map((item) => item["id"]?.S ?? ""), next: LastEvaluatedKey?.["id"]?.S };
}
