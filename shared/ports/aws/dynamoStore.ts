import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { Clock, Key, PutOptions, Store } from "../ports.ts";
import { firstAfter, getMany, getOne, type Item, keyOf, pkOf, type Table } from "./dynamoReads.ts";

interface DynamoStoreOptions {
  /**
   * false: items are left out of the index, and `list` rejects. For `live`, since an index by collection would put every
   * cache entry into one partition, and that takes 1,000 writes a second for the whole table.
   */
  readonly listed?: boolean;
}

/**
 * One item a value, under `pk = collection#id`. The value is JSON text: nothing ever asks for a part of it, and as text
 * its numbers come back as they went. Every value is read strongly consistent, so that a key works, and stops working,
 * from the moment its write was answered; only which ids are in a list may lag behind, as every index does.
 */
export function dynamoStore(client: DynamoDBClient, tableName: string, clock: Clock, { listed = true }: DynamoStoreOptions = {}): Store {
  const table: Table = { client, name: tableName, now: () => clock.now(), listed };
  return {
    get: (key) => getOne(table, key),
    getMany: (keys) => getMany(table, keys),
    async put(key, value, options = {}) {
      const item = { ...attributesOf(table, key), ...expiryOf(options, clock.now()), value: { S: JSON.stringify(value) } };
      if (options.ifVersion !== undefined) return replace(table, key, item, options.ifVersion);
      return options.onlyIfAbsent ? create(table, item, IS_ABSENT) : write(table, key, item);
    },
    async delete(key) {
      await client.send(new DeleteItemCommand({ TableName: tableName, Key: keyOf(key) }));
    },
    async list(collection, { limit = DEFAULT_LIMIT, after = "", prefix = "" } = {}) {
      // One more than asked for tells whether there is a next page.
      const items = await firstAfter(table, { collection, prefix, after, count: limit + 1 });
      const shown = items.slice(0, limit);
      const last = shown.at(-1);
      return items.length > limit && last ? { items: shown, next: last.id } : { items: shown };
    },
  };
}

const DEFAULT_LIMIT = 100;

const attributesOf = ({ listed }: Table, { collection, id }: Key): Item => ({
  ...keyOf({ collection, id }),
  ...(listed ? { collection: { S: collection }, id: { S: id } } : {}),
});

/** `ttl` (seconds) is when DynamoDB may delete, which takes days; `expiresAt` (ms) is what is gone by. */
function expiryOf({ ttlSeconds }: PutOptions, now: number): Item {
  if (ttlSeconds === undefined) return {};
  const expiresAt = now + Math.round(ttlSeconds * 1000);
  return { expiresAt: { N: String(expiresAt) }, ttl: { N: String(Math.ceil(expiresAt / 1000)) } };
}

const IS_EXPIRED = "expiresAt <= :now";
const IS_ABSENT = `attribute_not_exists(pk) OR ${IS_EXPIRED}`;
const IS_ALIVE = "(attribute_not_exists(expiresAt) OR expiresAt > :now)";

/** An expired item goes on being there, but its versions do not: whoever writes over it begins again at 1. */
async function write(table: Table, key: Key, item: Item): Promise<boolean> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    if (await update(table, key, item, IS_ALIVE)) return true;
    if (await create(table, item, IS_EXPIRED)) return true;
  }
  throw new Error(`${pkOf(key)} could not be written: it expires and comes back all the time`);
}

const MAX_ATTEMPTS = 5;

const create = ({ client, name, now }: Table, item: Item, condition: string): Promise<boolean> =>
  unlessRefused(
    client.send(
      new PutItemCommand({
        TableName: name,
        Item: { ...item, version: { N: "1" } },
        ConditionExpression: condition,
        ExpressionAttributeValues: { ":now": { N: String(now()) } },
      }),
    ),
  );

const replace = (table: Table, key: Key, item: Item, version: number): Promise<boolean> =>
  update(table, key, item, `version = :seen AND ${IS_ALIVE}`, { ":seen": { N: String(version) } });

function update({ client, name, now }: Table, key: Key, item: Item, condition: string, values: Item = {}): Promise<boolean> {
  const { pk: _, ...attributes } = item;
  const names = Object.keys(attributes);
  const expiry = "expiresAt" in item ? "" : " REMOVE expiresAt, #ttl";
  return unlessRefused(
    client.send(
      new UpdateItemCommand({
        TableName: name,
        Key: keyOf(key),
        UpdateExpression: `SET ${names.map((each) => `#${each} = :${each}`).join(", ")}, version = if_not_exists(version, :none) + :one${expiry}`,
        ConditionExpression: condition,
        ExpressionAttributeNames: Object.fromEntries(
          [...new Set([...names, ...(expiry ? ["ttl"] : [])])].map((each) => [`#${each}`, each]),
        ),
        ExpressionAttributeValues: {
          ...Object.fromEntries(Object.entries(attributes).map(([each, value]) => [`:${each}`, value])),
          ...values,
          ":now": { N: String(now()) },
          ":none": { N: "0" },
          ":one": { N: "1" },
        },
      }),
    ),
  );
}

async function unlessRefused(written: Promise<unknown>): Promise<boolean> {
  try {
    await written;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
