import { createServer, get } from "node:http";
import { expect, test } from "vitest";
import { connectionPool } from "../../functions/gateway/lambda/connectionPool.ts";
import { closed, listening } from "../support/aws/loopback.ts";
import { manualClock } from "../support/manualClock.ts";

test("a connection is used again, unless the process slept for so long that its other end may be gone", async () => {
  let connections = 0;
  const server = createServer((_request, response) => response.end()).on("connection", () => (connections += 1));
  const url = await listening(server);
  const clock = manualClock();
  const pool = connectionPool(clock);
  const invocation = async () => {
    pool.refresh();
    await new Promise((resolve) =>
      get(url, { agent: pool.requestHandler.httpAgent }, (response) => response.resume().once("close", resolve)),
    );
    pool.refresh();
  };
  await invocation();
  clock.advance(10_000);
  await invocation();
  expect(connections).toBe(1);
  clock.advance(60_000);
  await invocation();
  expect(connections).toBe(2);
  await closed(server);
});
