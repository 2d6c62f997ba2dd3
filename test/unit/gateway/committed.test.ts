import { describe, expect, test } from "vitest";
import { committed, watched } from "../../../functions/gateway/stages/committed.ts";
import type { Delta } from "../../../shared/contracts/answer.ts";
import type { WireEvent } from "../../../shared/contracts/reply.ts";

const event = (delta: Partial<Delta> = {}): WireEvent => ({ bytes: new Uint8Array(), delta: () => ({ choices: [], ...delta }) });
const silent = event();
const text = event({ choices: [{ index: 0, text: "Hello" }] });
const empty = event({ choices: [{ index: 0, text: "" }] });
const failure = event({ error: { message: "overloaded", type: null, code: null } });

/** Tells when it was left before its end. */
function source(...batches: readonly (readonly WireEvent[] | Error)[]) {
  const state = { isCancelled: false };
  async function* events(): AsyncGenerator<readonly WireEvent[]> {
    let isOver = false;
    try {
      for (const batch of batches) {
        if (batch instanceof Error) {
          isOver = true;
          throw batch;
        }
        yield batch;
      }
      isOver = true;
    } finally {
      state.isCancelled = !isOver;
    }
  }
  return { events: events(), state };
}

describe("a stream is committed to", () => {
  test("with its first word, and what came before is kept", async () => {
    const { events } = source([silent], [empty, silent], [text], [text]);
    const { batches, error } = await committed(events);
    expect(batches).toEqual([[silent], [empty, silent], [text]]);
    expect(error).toBeUndefined();
    expect((await events.next()).value).toEqual([text]);
  });

  test.each([
    ["reasoning", { index: 0, reasoning: "hm" }],
    ["a refusal", { index: 0, refusal: "no" }],
    ["a tool call", { index: 0, toolCalls: [{ index: 0, name: "f" }] }],
    ["an end", { index: 0, finishReason: "stop" }],
  ])("with %s too", async (_what, choice) => {
    const { events } = source([silent], [event({ choices: [choice] })]);
    expect((await committed(events)).batches).toHaveLength(2);
  });

  test("not when an error came in the place of a word", async () => {
    const { events } = source([silent], [empty, failure]);
    expect((await committed(events)).error?.message).toBe("overloaded");
  });

  test("not when it ends without one", async () => {
    await expect(committed(source([silent]).events)).rejects.toMatchObject({ code: "upstream_cut" });
    await expect(committed(source().events)).rejects.toMatchObject({ code: "upstream_cut" });
  });
});

describe("whoever watches a stream", () => {
  async function watch(batches: readonly (readonly WireEvent[] | Error)[], leaveAfter = Number.POSITIVE_INFINITY) {
    const { events, state } = source(...batches);
    const seen: (readonly WireEvent[])[] = [];
    const endings: unknown[] = [];
    const stream = watched([[silent]], events, {
      onEvents: (batch) => void seen.push(batch),
      onEnd: (thrown) => {
        endings.push(thrown);
        return thrown ? new Error("told in other words", { cause: thrown }) : undefined;
      },
    });
    let read = 0;
    let thrown: unknown;
    try {
      for await (const _batch of stream) if (++read >= leaveAfter) break;
    } catch (error) {
      thrown = error;
    }
    return { seen, endings, thrown, state };
  }

  test("sees every batch, and its end once", async () => {
    const { seen, endings, thrown, state } = await watch([[text], [text]]);
    expect(seen).toEqual([[silent], [text], [text]]);
    expect(endings).toEqual([undefined]);
    expect(thrown).toBeUndefined();
    expect(state.isCancelled).toBe(false);
  });

  test("sees what was read until the reader left, and the source is cancelled", async () => {
    const { seen, endings, state } = await watch([[text], [text], [text]], 2);
    expect(seen).toEqual([[silent], [text]]);
    expect(endings).toEqual([undefined]);
    expect(state.isCancelled).toBe(true);
  });

  test("says in which words a failure is told", async () => {
    const broken = new Error("socket hang up");
    const { seen, endings, thrown } = await watch([[text], broken]);
    expect(seen).toEqual([[silent], [text]]);
    expect(endings).toEqual([broken]);
    expect(thrown).toMatchObject({ message: "told in other words" });
  });
});
