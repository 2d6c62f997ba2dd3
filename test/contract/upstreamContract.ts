import net from "node:net";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Clocks, type Upstream, UpstreamFailure, type UpstreamResponse } from "../../shared/ports/ports.ts";
import { always, cutAfter, pause, type ScriptedUpstream, scriptedUpstream, streaming } from "../support/scriptedUpstream.ts";

const CLOCKS: Clocks = { connectMs: 2_000, idleMs: 5_000 };

/** What every adapter of the port does, seen from a provider on loopback. */
export function describeUpstream(name: string, open: () => Promise<Upstream & { close(): void }>): void {
  describe(`the upstream port by ${name}`, () => {
    let port: Upstream & { close(): void };
    let provider: ScriptedUpstream;
    let caller: AbortController;
    beforeEach(async () => {
      port = await open();
      provider = await scriptedUpstream();
      caller = new AbortController();
    });
    afterEach(async () => {
      port.close();
      await provider.close();
    });

    const send = (clocks: Partial<Clocks> = {}, url = provider.url): Promise<UpstreamResponse> => {
      const body = Buffer.from('{"a":1}');
      const headers = { "content-type": "application/json", authorization: "Bearer x" };
      return port.send({ method: "POST", url: new URL(`${url}/chat?q=1`), headers, body }, { ...CLOCKS, ...clocks }, caller.signal);
    };
    const text = async (response: UpstreamResponse) => Buffer.from(await response.whole()).toString();
    const failing = (promise: Promise<unknown>) =>
      promise.then(
        () => "no failure",
        (failure: UpstreamFailure) => failure.kind,
      );
    const read = async (response: UpstreamResponse): Promise<string> => {
      let all = "";
      for await (const chunk of response.body) all += Buffer.from(chunk).toString();
      return all;
    };

    test("sends method, path, query, headers and body as they are", async () => {
      await text(await send());
      expect(provider.seen[0]).toMatchObject({ method: "POST", path: "/v1/chat?q=1", body: { a: 1 } });
      expect(provider.seen[0]?.headers).toMatchObject({ authorization: "Bearer x", "content-length": "7" });
    });

    test("gives status, lower-case headers and the whole body, also of an error", async () => {
      provider.answer(always({ error: "no" }, 429, { "Retry-After": "7" }));
      const response = await send();
      expect(response.status).toBe(429);
      expect(response.headers["retry-after"]).toBe("7");
      expect(await text(response)).toBe('{"error":"no"}');
    });

    test("gives each piece as it comes", async () => {
      let release = () => {};
      const second = new Promise<void>((resolve) => {
        release = resolve;
      });
      provider.answer(async (_request, response) => {
        response.writeHead(200).write("one");
        await second;
        response.end("two");
      });
      const chunks = (await send()).body[Symbol.asyncIterator]();
      expect(Buffer.from((await chunks.next()).value).toString()).toBe("one");
      release();
      expect(Buffer.from((await chunks.next()).value).toString()).toBe("two");
      expect((await chunks.next()).done).toBe(true);
    });

    test("does not lose a byte of a large body that is read slowly", async () => {
      const pieces = Array.from({ length: 200 }, (_, index) => String(index % 10).repeat(20_000));
      provider.answer(streaming(pieces));
      let all = "";
      for await (const chunk of (await send()).body) {
        all += Buffer.from(chunk).toString();
        await pause(0);
      }
      expect(all === pieces.join("")).toBe(true);
    });

    test("follows no redirect", async () => {
      provider.answer((_request, response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end());
      expect((await send()).status).toBe(302);
      expect(provider.seen).toHaveLength(1);
    });

    test.each([
      ["gzip", gzipSync("squeezed")],
      ["br", brotliCompressSync("squeezed")],
    ])("decompresses %s, which nobody asked for, and says so no more", async (encoding, bytes) => {
      provider.answer((_request, response) => response.writeHead(200, { "content-encoding": encoding }).end(bytes));
      const response = await send();
      expect(response.headers["content-encoding"]).toBeUndefined();
      expect(await text(response)).toBe("squeezed");
    });

    test("tells of a compressed body that stops too early", async () => {
      const bytes = gzipSync("squeezed ".repeat(1000));
      provider.answer((_request, response) =>
        response.writeHead(200, { "content-encoding": "gzip" }).end(bytes.subarray(0, bytes.length - 12)),
      );
      expect(await failing(text(await send()))).toBe("cut");
    });

    test("tells of a body that is cut, after what came", async () => {
      provider.answer(cutAfter(["one", "two"]));
      const seen: string[] = [];
      const reading = (async () => {
        for await (const chunk of (await send()).body) seen.push(Buffer.from(chunk).toString());
      })();
      expect(await failing(reading)).toBe("cut");
      expect(seen.join("")).toBe("onetwo");
    });

    test("tells of a body that is shorter than announced", async () => {
      provider.answer((_request, response) => {
        response.writeHead(200, { "content-length": "10" }).write("short");
        setImmediate(() => response.destroy());
      });
      expect(await failing(send().then(text))).toBe("cut");
    });

    test("tells of a provider that cannot be reached, without its address", async () => {
      const { url } = provider;
      await provider.close();
      const failure = await send({}, url).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(UpstreamFailure);
      expect(failure).toMatchObject({ kind: "unreachable" });
      expect((failure as Error).message).not.toContain("127.0.0.1");
      provider = await scriptedUpstream();
    });

    test("tells of a connection that is reset before an answer", async () => {
      provider.answer((_request, response) => response.socket?.resetAndDestroy());
      expect(await failing(send())).toBe("unreachable");
    });

    test.each([
      ["before its answer", () => {}],
      [
        "in the middle of it",
        (_request: unknown, response: { writeHead(status: number): { write(text: string): void } }) => response.writeHead(200).write("one"),
      ],
    ])("waits no longer than it may for a provider that falls silent %s", async (_where, script) => {
      provider.answer(script);
      expect(await failing(send({ idleMs: 50 }).then(read))).toBe("timeout");
      await provider.seen[0]?.abandoned;
    });

    test.each([["before the answer"], ["in the middle of it"]])("a caller who cancels %s ends the connection", async (where) => {
      let arrived = () => {};
      const arrival = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      provider.answer((_request, response) => {
        if (where !== "before the answer") response.writeHead(200).write("one");
        arrived();
      });
      const sent = send().then(read);
      await arrival;
      caller.abort();
      expect(await failing(sent)).toBe("cancelled");
      await provider.seen[0]?.abandoned;
    });

    test("does not send what was cancelled before", async () => {
      caller.abort();
      expect(await failing(send())).toBe("cancelled");
      expect(provider.seen).toHaveLength(0);
    });

    test("a reader who leaves early ends the connection", async () => {
      provider.answer((_request, response) => response.writeHead(200).write("one"));
      for await (const _chunk of (await send()).body) break;
      await provider.seen[0]?.abandoned;
    });

    test("a body that is let go of ends the connection", async () => {
      provider.answer((_request, response) => response.writeHead(200).write("one"));
      (await send()).cancel();
      await provider.seen[0]?.abandoned;
    });

    test("uses connections again", async () => {
      const ports = new Set<number | undefined>();
      provider.answer((_request, response) => {
        ports.add(response.socket?.remotePort);
        response.end("{}");
      });
      for (let call = 0; call < 10; call += 1) await text(await send());
      expect(ports.size).toBeLessThanOrEqual(2); // one may not be free yet in the moment in which the next call comes
    });

    test("a kept connection that the provider closed in the meantime costs no call", async () => {
      const answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\n{}";
      const server = net.createServer((socket) => {
        let requests = 0;
        socket.on("error", () => {});
        socket.on("data", (data) => {
          if (!data.toString().includes('{"a":1}')) return;
          requests += 1;
          if (requests === 1) socket.write(answer);
          else socket.resetAndDestroy(); // as it was about to close, the next request came
        });
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const url = `http://127.0.0.1:${(server.address() as net.AddressInfo).port}/v1`;
      expect(await text(await send({}, url))).toBe("{}");
      expect(await text(await send({}, url))).toBe("{}");
      server.close();
    });
  });
}
