import { promisify } from "node:util";
import { deflateRaw, inflateRaw } from "node:zlib";
import * as z from "zod";
import type { Clock, Store } from "../ports/ports.ts";

/** A whole answer as the provider gave it, before any screening of it. */
export interface CachedAnswer {
  readonly bytes: Uint8Array;
  readonly ageSeconds: number;
}
export interface AnswerCache {
  get(key: string): Promise<CachedAnswer | undefined>;
  /** Gives whether it was kept; an answer that is too large for an item is not. */
  put(key: string, bytes: Uint8Array, maxAgeSeconds: number): Promise<boolean>;
}

const COLLECTION = "cache";
const COMPRESS_FROM_BYTES = 1024;
/** DynamoDB takes 400 KB an item; base64 and the other fields need their part of it. */
const MAX_STORED_CHARACTERS = 380_000;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

const entrySchema = z.object({ encoding: z.enum(["plain", "deflate"]), content: z.string(), storedAt: z.number() });
const [deflate, inflate] = [promisify(deflateRaw), promisify(inflateRaw)];

export function answerCache(live: Store, clock: Clock): AnswerCache {
  return {
    async get(key) {
      const stored = await live.get({ collection: COLLECTION, id: key });
      if (!stored) return undefined;
      const { encoding, content, storedAt } = entrySchema.parse(stored.value);
      const raw = Buffer.from(content, "base64");
      return { bytes: encoding === "deflate" ? await inflate(raw) : raw, ageSeconds: Math.max(0, (clock.now() - storedAt) / 1000) };
    },
    async put(key, bytes, maxAgeSeconds) {
      if (bytes.byteLength > MAX_ANSWER_BYTES) return false;
      const isLarge = bytes.byteLength > COMPRESS_FROM_BYTES;
      const content = Buffer.from(isLarge ? await deflate(bytes) : bytes).toString("base64");
      if (content.length > MAX_STORED_CHARACTERS) return false;
      const entry = { encoding: isLarge ? "deflate" : "plain", content, storedAt: clock.now() };
      return live.put({ collection: COLLECTION, id: key }, entry, { ttlSeconds: maxAgeSeconds });
    },
  };
}
