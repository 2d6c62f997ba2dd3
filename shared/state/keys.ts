import { timingSafeEqual } from "node:crypto";
import type { VirtualKey } from "../contracts/key.ts";
import type { Clock } from "../ports/ports.ts";
import type { ControlCollections } from "./collections.ts";
import { hashOf, readKeyString } from "./keyString.ts";
import { type KeyMemory, type Known, remembered } from "./remembered.ts";

export interface KeyFinder {
  /** The key that this string opens, whether it is still good or not. Rejects when the store cannot tell. */
  find(secret: string): Promise<Known<VirtualKey | undefined>>;
}

/** An unknown string is asked for again soon: the key may just have been made. */
const UNKNOWN_TTL_MS = 1000;

export function keyFinder({ keys, adopted }: ControlCollections, clock: Clock, memory: KeyMemory): KeyFinder {
  const options = {
    clock,
    ttlMs: (value: unknown) => (value === undefined ? UNKNOWN_TTL_MS : memory.keyTtlSeconds * 1000),
    staleMs: memory.staleKeySeconds * 1000,
  };
  const byId = remembered((id) => keys.get(id), options);
  const adoptedId = remembered(async (hash) => (await adopted.get(hash))?.keyId, options);
  const openedIds = new Map<string, string>(); // by hash, so that a string is taken apart and its checksum computed once

  const idOf = (secret: string, hash: string): Known<string | undefined> | Promise<Known<string | undefined>> => {
    const id = openedIds.get(hash);
    if (id !== undefined) return { value: id, isStale: false };
    const parsed = readKeyString(secret);
    if (parsed.kind === "adoptable") return adoptedId.get(hash);
    return { value: parsed.kind === "generated" ? parsed.id : undefined, isStale: false };
  };

  return {
    async find(secret) {
      const hash = hashOf(secret);
      const pointer = await idOf(secret, hash);
      if (pointer.value === undefined) return { value: undefined, isStale: false };
      const known = await byId.get(pointer.value);
      const isOpened = known.value !== undefined && opens(known.value, hash, clock.now());
      if (isOpened) remember(openedIds, hash, pointer.value);
      return { value: isOpened ? known.value : undefined, isStale: known.isStale || pointer.isStale };
    },
  };
}

const REMEMBERED_KEYS = 10_000;

function remember(ids: Map<string, string>, hash: string, id: string): void {
  if (ids.size >= REMEMBERED_KEYS) ids.clear();
  ids.set(hash, id);
}

function opens(key: VirtualKey, hash: string, now: number): boolean {
  const given = Buffer.from(hash, "hex");
  return key.hashes.some(
    ({ sha256, expiresAt }) => timingSafeEqual(Buffer.from(sha256, "hex"), given) && (expiresAt === undefined || expiresAt > now),
  );
}
