import { describe, expect } from "vitest";
import type { Json } from "../../shared/contracts/json.ts";
import type { Page, Store } from "../../shared/ports/ports.ts";
import { type Open, testOf } from "./opened.ts";

export function describeStore(name: string, open: Open<Store>): void {
  const test = testOf(open);
  const key = { collection: "keys", id: "key_1" };

  describe(`${name} as a store: items`, () => {
    test("gives back what was put", async ({ port }) => {
      const value: Json = { text: "grüß 🦊", list: [1, 2.5, null, true], nested: { empty: {} } };
      expect(await port.put(key, value)).toBe(true);
      expect(await port.get(key)).toEqual({ id: "key_1", value, version: 1 });
    });

    test("knows nothing of what was never put", async ({ port }) => {
      expect(await port.get(key)).toBeUndefined();
    });

    test("keeps collections apart", async ({ port }) => {
      await port.put(key, "a key");
      await port.put({ collection: "teams", id: "key_1" }, "a team");
      expect((await port.get(key))?.value).toBe("a key");
    });

    test("counts the writes of an item, from 1 again after a delete", async ({ port }) => {
      await port.put(key, "first");
      await port.put(key, "second");
      expect(await port.get(key)).toEqual({ id: "key_1", value: "second", version: 2 });
      await port.delete(key);
      await port.put(key, "third");
      expect((await port.get(key))?.version).toBe(1);
    });

    test("deletes, also what is not there", async ({ port }) => {
      await port.put(key, 1);
      await port.delete(key);
      await port.delete(key);
      expect(await port.get(key)).toBeUndefined();
    });

    test("gets many in the order asked, with gaps for what is missing", async ({ port }) => {
      await port.put({ collection: "keys", id: "a" }, "A");
      await port.put({ collection: "teams", id: "b" }, "B");
      const keys = [
        { collection: "teams", id: "b" },
        { collection: "keys", id: "missing" },
        { collection: "keys", id: "a" },
      ];
      expect((await port.getMany(keys)).map((item) => item?.value)).toEqual(["B", undefined, "A"]);
      expect(await port.getMany([])).toEqual([]);
    });

    test("holds a value of 300 KB", async ({ port }) => {
      const value = { text: "x".repeat(300_000) };
      await port.put(key, value);
      expect((await port.get(key))?.value).toEqual(value);
    });
  });

  describe(`${name} as a store: conditions`, () => {
    test("lets one of many racing writers create an item", async ({ port }) => {
      const written = await Promise.all(Array.from({ length: 20 }, (_, writer) => port.put(key, writer, { onlyIfAbsent: true })));
      expect(written.filter(Boolean)).toHaveLength(1);
      expect((await port.get(key))?.value).toBe(written.indexOf(true));
    });

    test("writes over the version that was read, and over no other", async ({ port }) => {
      await port.put(key, "one");
      expect(await port.put(key, "two", { ifVersion: 1 })).toBe(true);
      expect(await port.put(key, "late", { ifVersion: 1 })).toBe(false);
      expect(await port.get(key)).toEqual({ id: "key_1", value: "two", version: 2 });
    });

    test("finds no version of an item that is absent", async ({ port }) => {
      expect(await port.put(key, "value", { ifVersion: 1 })).toBe(false);
      expect(await port.get(key)).toBeUndefined();
    });
  });

  describe(`${name} as a store: expiry`, () => {
    test("shows an item until its time has come, and not from then on", async ({ port, clock }) => {
      await port.put(key, "short", { ttlSeconds: 60 });
      clock.advance(59_999);
      expect((await port.get(key))?.value).toBe("short");
      clock.advance(1);
      expect(await port.get(key)).toBeUndefined();
      expect(await port.getMany([key])).toEqual([undefined]);
      expect((await port.list("keys")).items).toEqual([]);
    });

    test("takes an expired item for absent when it is put again", async ({ port, clock }) => {
      await port.put(key, "old", { ttlSeconds: 1 });
      await port.put(key, "older", { ttlSeconds: 1 });
      clock.advance(1000);
      expect(await port.put(key, "no", { ifVersion: 2 })).toBe(false);
      expect(await port.put(key, "new", { onlyIfAbsent: true })).toBe(true);
      expect(await port.get(key)).toEqual({ id: "key_1", value: "new", version: 1 });
    });

    test("counts an ordinary put over an expired item from 1", async ({ port, clock }) => {
      await port.put(key, "old", { ttlSeconds: 1 });
      clock.advance(1000);
      await port.put(key, "new");
      expect(await port.get(key)).toEqual({ id: "key_1", value: "new", version: 1 });
    });

    test("forgets the old expiry with every put", async ({ port, clock }) => {
      await port.put(key, "short", { ttlSeconds: 1 });
      await port.put(key, "forever");
      clock.advance(86_400_000);
      expect((await port.get(key))?.value).toBe("forever");
    });

    test("keeps what lives through many puts of what does not", async ({ port, clock }) => {
      await port.put(key, "forever");
      for (let round = 0; round < 3; round += 1) {
        await Promise.all(
          Array.from({ length: 200 }, (_, index) => port.put({ collection: "keys", id: `short_${index}` }, round, { ttlSeconds: 1 })),
        );
        clock.advance(1000);
      }
      expect((await port.list("keys")).items.map(({ id }) => id)).toEqual(["key_1"]);
    });
  });

  describe(`${name} as a store: lists`, () => {
    const fill = (store: Store, ids: readonly string[]) => Promise.all(ids.map((id) => store.put({ collection: "keys", id }, id)));
    const idsOf = ({ items }: Page) => items.map(({ id }) => id);

    test("are in the order of the ids and hold one collection", async ({ port }) => {
      await fill(port, ["b", "a10", "a", "B", "a2"]);
      await port.put({ collection: "keys2", id: "a3" }, "other");
      expect(await port.list("keys")).toEqual({ items: ["B", "a", "a10", "a2", "b"].map((id) => ({ id, value: id, version: 1 })) });
      expect(await port.list("nothing")).toEqual({ items: [] });
    });

    test("go on page by page and end without a next", async ({ port }) => {
      await fill(port, ["1", "2", "3", "4", "5", "6"]);
      const first = await port.list("keys", { limit: 3 });
      expect([idsOf(first), first.next]).toEqual([["1", "2", "3"], "3"]);
      const second = await port.list("keys", { limit: 3, after: "3" });
      expect([idsOf(second), second.next]).toEqual([["4", "5", "6"], undefined]);
    });

    test("hold a hundred items unless told otherwise", async ({ port }) => {
      await fill(
        port,
        Array.from({ length: 101 }, (_, index) => `key_${String(index).padStart(3, "0")}`),
      );
      const page = await port.list("keys");
      expect([page.items.length, page.next]).toEqual([100, "key_099"]);
    });

    test("hold only the ids that begin with a prefix, on every page", async ({ port }) => {
      await fill(port, ["a", "a%", "ab", "ab1", "ab2", "ac", "b"]);
      expect(idsOf(await port.list("keys", { prefix: "ab" }))).toEqual(["ab", "ab1", "ab2"]);
      const page = await port.list("keys", { prefix: "ab", limit: 2 });
      expect([idsOf(page), page.next]).toEqual([["ab", "ab1"], "ab1"]);
      expect(await port.list("keys", { prefix: "ab", limit: 2, after: "ab1" })).toEqual({
        items: [{ id: "ab2", value: "ab2", version: 1 }],
      });
      expect(idsOf(await port.list("keys", { prefix: "a%" }))).toEqual(["a%"]);
    });
  });
}
