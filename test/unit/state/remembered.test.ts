import { beforeEach, describe, expect, test } from "vitest";
import { type Remembered, type RememberOptions, remembered } from "../../../shared/state/remembered.ts";
import { manualClock } from "../../support/manualClock.ts";

const clock = manualClock();
let asked: string[];
let answer: (id: string) => Promise<string>;
beforeEach(() => {
  asked = [];
  answer = async (id) => `${id} ${asked.length}`;
});

const memory = (options: Partial<RememberOptions<string>> = {}): Remembered<string> =>
  remembered(
    (id) => {
      asked.push(id);
      return answer(id);
    },
    { clock, ttlMs: () => 1000, staleMs: 5000, ...options },
  );
const fails = async (): Promise<string> => {
  throw new Error("the store is down");
};

test("what is fresh is given without asking, and without a turn of the event loop", async () => {
  const { get } = memory();
  await get("a");
  clock.advance(999);
  expect(get("a")).toEqual({ value: "a 1", isStale: false });
  expect(asked).toEqual(["a"]);
});

test("what is old is asked for again", async () => {
  const { get } = memory();
  await get("a");
  clock.advance(1000);
  expect(await get("a")).toEqual({ value: "a 2", isStale: false });
});

test("however many want to know at once, it is asked once", async () => {
  const { get } = memory();
  const answers = await Promise.all(Array.from({ length: 50 }, () => get("a")));
  expect(asked).toEqual(["a"]);
  expect(new Set(answers.map(({ value }) => value))).toEqual(new Set(["a 1"]));
});

test("what was forgotten is asked for again", async () => {
  const { get, forget } = memory();
  await get("a");
  forget("a");
  expect(await get("a")).toMatchObject({ value: "a 2" });
});

describe("while the source fails", () => {
  test("the last answer is given as stale, until it is too old for that", async () => {
    const { get } = memory();
    await get("a");
    answer = fails;
    clock.advance(5999);
    expect(await get("a")).toEqual({ value: "a 1", isStale: true });
    clock.advance(1);
    await expect(get("a")).rejects.toThrow("the store is down");
  });

  test("what was never known is a failure, for everybody who waits for it, and is asked for again by the next", async () => {
    const { get } = memory();
    answer = fails;
    const waiting = await Promise.allSettled([get("a"), get("a")]);
    expect(waiting.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(asked).toEqual(["a"]);
    answer = async () => "well again";
    expect(await get("a")).toEqual({ value: "well again", isStale: false });
  });

  test("each call asks again, so that the first good answer counts at once", async () => {
    const { get } = memory();
    await get("a");
    answer = fails;
    clock.advance(2000);
    await get("a");
    answer = async () => "well again";
    expect(await get("a")).toEqual({ value: "well again", isStale: false });
  });
});

test("how long it is fresh may depend on what it is", async () => {
  const { get } = memory({ ttlMs: (value) => (value.startsWith("a") ? 10 : 1000) });
  await get("a");
  await get("b");
  clock.advance(500);
  await get("a");
  await get("b");
  expect(asked).toEqual(["a", "b", "a"]);
});

test("what was not used for longest makes room", async () => {
  const { get } = memory({ maxEntries: 2 });
  await get("a");
  await get("b");
  await get("a");
  await get("c");
  asked = [];
  await get("a");
  await get("c");
  expect(asked).toEqual([]);
  await get("b");
  expect(asked).toEqual(["b"]);
});
