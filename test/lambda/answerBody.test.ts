import { expect, test } from "vitest";
import { AnswerBody } from "../../shared/runtime/lambdaBody.ts";

const PIECE = Buffer.alloc(100_000);

test("waits for a slow reader, until it is read on", async () => {
  const body = new AnswerBody(new AbortController().signal);
  const waiting = body.write(PIECE);
  expect(waiting).toBeInstanceOf(Promise);
  expect(body.read()).toHaveLength(PIECE.length);
  await waiting;
});

test("waits for no reader any longer when time is up", async () => {
  const time = new AbortController();
  const body = new AnswerBody(time.signal);
  const waiting = body.write(PIECE);
  time.abort();
  await waiting;
  await body.finished;
  expect(body.write(PIECE)).toBeUndefined();
});

test("takes nothing after its end, and can be closed in any state", async () => {
  const body = new AnswerBody(new AbortController().signal);
  void body.write(Buffer.from("all"));
  body.end();
  void body.write(Buffer.from("more"));
  body.breakOff();
  body.close();
  expect(Buffer.concat(await body.toArray()).toString()).toBe("all");
});

test("breaks off only when the call is settled", async () => {
  const body = new AnswerBody(new AbortController().signal);
  void body.write(Buffer.from("half"));
  body.breakOff();
  await body.finished;
  expect(body.destroyed).toBe(false);
  body.close();
  await expect(body.toArray()).rejects.toThrow("broke off");
});
