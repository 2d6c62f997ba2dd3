import { expect, test } from "vitest";
import { httpUpstream } from "../../shared/ports/node/httpUpstream.ts";
import { succeededBy } from "../../shared/ports/node/succeededBy.ts";
import { undiciUpstream } from "../../shared/ports/node/undiciUpstream.ts";
import type { Upstream } from "../../shared/ports/ports.ts";
import { describeUpstream } from "./upstreamContract.ts";

describeUpstream("node:http", async () => httpUpstream());
describeUpstream("undici", async () => undiciUpstream(await import("undici"), 2_000));

const named = (name: string): Upstream => ({
  send: async () => ({
    status: 200,
    headers: { name },
    body: (async function* () {})(),
    whole: async () => Buffer.from(name),
    cancel: () => {},
  }),
});
const request = { method: "GET", url: new URL("http://127.0.0.1/"), headers: {} };
const nameOf = async (upstream: Upstream) =>
  (await upstream.send(request, { connectMs: 1, idleMs: 1 }, new AbortController().signal)).headers.name;

test("the first call goes by the adapter that is there, and the better one takes over when it has loaded", async () => {
  let loaded = () => {};
  const loading = new Promise<void>((resolve) => {
    loaded = resolve;
  });
  const upstream = succeededBy(
    named("first"),
    () => loading.then(() => named("better")),
    () => {},
  );
  expect(await nameOf(upstream)).toBe("first");
  expect(await nameOf(upstream)).toBe("first");
  loaded();
  await new Promise((resolve) => setImmediate(resolve));
  expect(await nameOf(upstream)).toBe("better");
});

test("an adapter that cannot be loaded is reported, and the first one stays", async () => {
  const reported: unknown[] = [];
  const upstream = succeededBy(
    named("first"),
    () => Promise.reject(new Error("not there")),
    (failure) => reported.push(failure),
  );
  await nameOf(upstream);
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await nameOf(upstream)).toBe("first");
  expect(reported).toHaveLength(1);
});
