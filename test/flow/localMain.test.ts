import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  completion,
  DONE,
  pause,
  type Script,
  type ScriptedUpstream,
  scriptedUpstream,
  stopChunk,
  textChunk,
  usageChunk,
} from "../support/scriptedUpstream.ts";
import { type StartedGateway, startGateway } from "../support/startedGateway.ts";

let folder: string;
let started: StartedGateway[];
let upstream: ScriptedUpstream;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-main-"));
  started = [];
});
afterEach(async () => {
  await Promise.all(started.map((gateway) => gateway.stop("SIGKILL")));
  await upstream?.close();
  rmSync(folder, { recursive: true });
});

function start(args: readonly string[] = [], environment: Record<string, string> = {}): StartedGateway {
  const gateway = startGateway(folder, ["--port", "0", ...args], environment);
  started.push(gateway);
  return gateway;
}
const write = (name: string, content: unknown): string => {
  writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  return name;
};
/** Calls the URL with the headers and the body that the printed command has, as a shell would. */
function runPrinted(stdout: string): Promise<Response> {
  const command = stdout.slice(stdout.indexOf("curl ")).split("\n\n")[0] ?? "";
  const words = [...command.replaceAll("\\\n", " ").matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
  const after = (flag: string) => words.flatMap((word, index) => (word === flag ? [words[index + 1] ?? ""] : []));
  const headers = after("-H").map((header) => header.split(/: (.*)/s, 2) as [string, string]);
  return fetch(words[1] ?? "", { method: "POST", headers, body: after("-d")[0] ?? "" });
}
const keyIn = (stdout: string): string | undefined => /Bearer (gate_\w+)/.exec(stdout)?.[1];

async function logLines(stream: "calls" | "bodies"): Promise<readonly Record<string, unknown>[]> {
  const root = join(folder, ".gatehouse", "logs", stream);
  const files = (await readdir(root, { recursive: true })).filter((name) => name.endsWith(".jsonl"));
  const texts = await Promise.all(files.map((name) => readFile(join(root, name), "utf8")));
  return texts.flatMap((text) =>
    text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>),
  );
}

const KEY = "a-virtual-key-of-a-test";
const SECRET = "zz-secret-of-the-provider-zz";
async function withUpstream(script?: Script, key: object = {}): Promise<string> {
  upstream = await scriptedUpstream(script);
  return write("gatehouse.json", {
    providers: { main: { provider: "openai", secret: "env:MAIN_SECRET", base_url: upstream.url } },
    keys: { test: { secret: KEY, ...key } },
  });
}
const chat = (url: string, body: object = {}): Promise<Response> =>
  fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${KEY}` },
    body: JSON.stringify({ model: "gpt-4o-mini", messages: [{ role: "user", content: "Hello" }], ...body }),
  });

describe("without a file", () => {
  test("the first start prints a command that works as it stands", async () => {
    const gateway = start();
    await gateway.url;
    await expect.poll(gateway.stdout).toContain("curl");
    const response = await runPrinted(gateway.stdout());
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ object: "chat.completion", choices: [{ message: { content: "You said: Hello" } }] });
    expect(await gateway.stop()).toBe(0);
    expect(await logLines("calls")).toMatchObject([{ key: "demo", account: "demo", status: 200 }]);
    expect(gateway.stderr()).toBe("");
  });

  test("a later start has the same key, and another folder has another", async () => {
    const keys: (string | undefined)[] = [];
    for (const data of ["one", "one", "two"]) {
      const gateway = start(["--data", data]);
      await gateway.url;
      await expect.poll(gateway.stdout).toContain("curl");
      keys.push(keyIn(gateway.stdout()));
      await gateway.stop();
    }
    expect(keys[0]).toMatch(/^gate_/);
    expect(keys[1]).toBe(keys[0]);
    expect(keys[2]).not.toBe(keys[0]);
  });

  test("the demo streams, and embeds", async () => {
    const gateway = start();
    const url = await gateway.url;
    await expect.poll(gateway.stdout).toContain("curl");
    const headers = { "content-type": "application/json", authorization: `Bearer ${keyIn(gateway.stdout())}` };
    const stream = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers,
      body: '{"model":"@demo/echo","stream":true,"messages":[{"role":"user","content":"Hi"}]}',
    });
    expect(await stream.text()).toMatch(/data: \[DONE\]\n\n$/);
    const vectors = await fetch(`${url}/v1/embeddings`, { method: "POST", headers, body: '{"model":"@demo/echo","input":"Hi"}' });
    expect(await vectors.json()).toMatchObject({ data: [{ object: "embedding" }] });
  });

  test("a provider's key in the environment becomes a provider, whose key is printed nowhere", async () => {
    const gateway = start([], { OPENAI_API_KEY: "sk-0123456789abcdef0123456789", MISTRAL_API_KEY: "" });
    const url = await gateway.url;
    await expect.poll(gateway.stdout).toContain("curl");
    const response = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${keyIn(gateway.stdout())}` } });
    expect(((await response.json()) as { data: { id: string }[] }).data.map(({ id }) => id).sort()).toEqual(["@demo/*", "@openai/*"]);
    expect(gateway.stdout() + gateway.stderr()).not.toContain("sk-0123456789");
    expect((await runPrinted(gateway.stdout())).status).toBe(200);
  });
});

describe("with a file", () => {
  test("gatehouse.json in the folder is used, and its changes at the next start", async () => {
    await withUpstream();
    const first = start([], { MAIN_SECRET: SECRET });
    expect((await chat(await first.url)).status).toBe(200);
    expect(first.stdout()).not.toContain("curl");
    expect(upstream.seen[0]?.headers.authorization).toBe(`Bearer ${SECRET}`);
    await first.stop();
    write("gatehouse.json", { providers: { main: { provider: "openai", secret: "env:MAIN_SECRET", base_url: upstream.url } }, keys: {} });
    const second = start([], { MAIN_SECRET: SECRET });
    expect((await chat(await second.url)).status).toBe(401);
  });

  test("an environment key is no second provider of a vendor that the file has", async () => {
    await withUpstream();
    const gateway = start([], { MAIN_SECRET: SECRET, OPENAI_API_KEY: "sk-0123456789abcdef0123456789" });
    expect((await chat(await gateway.url)).status).toBe(200);
    expect(upstream.seen).toHaveLength(1);
  });

  test("nothing secret is written to the logs or the terminal, whatever the provider repeats", async () => {
    await withUpstream((request, response) => {
      const echo = { error: { message: `no: ${request.headers.authorization}` }, ...completion(String(request.headers.authorization)) };
      response
        .writeHead(upstream.seen.length % 2 ? 500 : 200, {
          "content-type": "application/json",
          "x-echo": String(request.headers.authorization),
        })
        .end(JSON.stringify(echo));
    });
    const gateway = start([], { MAIN_SECRET: SECRET });
    const url = await gateway.url;
    const answers: string[] = [];
    for (const body of [{}, {}, { stream: true }, { stream: true }]) {
      const response = await chat(url, body);
      answers.push(JSON.stringify([...response.headers]), await response.text());
    }
    await gateway.stop();
    const everything = [
      ...answers,
      JSON.stringify(await logLines("calls")),
      JSON.stringify(await logLines("bodies")),
      gateway.stdout(),
      gateway.stderr(),
    ].join("\n");
    expect(upstream.seen).toHaveLength(4);
    expect(everything).not.toContain(SECRET);
    expect(everything).not.toContain(KEY);
  });
});

describe("it ends with one clear line and code 1", () => {
  async function expectRefusal(gateway: StartedGateway, ...mentioned: readonly string[]): Promise<void> {
    expect(await gateway.exitCode).toBe(1);
    const lines = gateway.stderr().trimEnd().split("\n");
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^gatehouse: /);
    for (const text of mentioned) expect(lines[0]).toContain(text);
  }

  test("when the port is taken", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    await expectRefusal(start(["--port", String(port)]), `port ${port} is taken`, "--port");
    await new Promise((resolve) => server.close(resolve));
  });

  test("when another gateway has the data folder, which goes on undisturbed", async () => {
    const first = start();
    const url = await first.url;
    await expectRefusal(start(), ".gatehouse is already in use", "--data");
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  test("when the data folder cannot be written", async () => {
    write("file", "not a folder");
    await expectRefusal(start(["--data", join("file", "below")]), "data folder", "there is a file in its path");
    await expectRefusal(start(["--data", "file"]), "data folder");
  });

  test("when the config file is not there, or no JSON", async () => {
    await expectRefusal(start(["--config", "missing.json"]), "missing.json", "ENOENT");
    write("broken.json", '{\n "keys": {');
    await expectRefusal(start(["--config", "broken.json"]), "broken.json", "not valid JSON");
  });

  test("when the config has mistakes, each named by its path", async () => {
    write("gatehouse.json", {
      keys: { a: { secret: "x".repeat(20), limits: [{ type: "requests", value: -1, window: "minute" }] } },
      providers: { p: { provider: "openai", scret: "x" } },
    });
    await expectRefusal(start(), "gatehouse.json", "keys.a.limits.0.value", "providers.p.scret: unknown field");
  });

  test("when names in the config lead nowhere, each named by its path", async () => {
    write("gatehouse.json", {
      keys: { a: { secret: "x".repeat(20), team: "red", config: "main" } },
      providers: { p: { provider: "opnai" } },
      configs: { other: { provider: "@nobody", input_guardrails: ["none"] } },
    });
    await expectRefusal(
      start(),
      "keys.a.team",
      "keys.a.config",
      "providers.p.provider",
      "configs.other.provider",
      "configs.other.input_guardrails.0",
    );
  });

  test.each([
    [{ providers: { p: { provider: "openai", secret: "env:NOT_SET" } } }, "providers.p.secret: the environment variable is not set"],
    [{ keys: { k: { secret: "file:/nowhere/at/all" } } }, "keys.k.secret: the file cannot be read"],
    [{ keys: { k: { secret: "too-short" } } }, "keys.k.secret"],
    [{ keys: { k: { secret: "gate_0123456789_typo" } } }, "keys.k.secret: a generated key with a wrong checksum"],
    [{ keys: { k: { secret: "x".repeat(20) }, l: { secret: "x".repeat(20) } } }, "l.secret: k has the same secret"],
  ])("when a secret is of no use: %j", async (file, message) => {
    write("gatehouse.json", file);
    await expectRefusal(start(), message);
  });

  test.each([
    [["--prot", "1"], "--prot"],
    [["--port", "x"], "--port must be a number"],
    [["--port", "70000"], "65535"],
    [["serve"], "serve"],
    [["--data"], "--data"],
    [["--host", "256.256.256.256"], "cannot listen"],
  ])("when an option is wrong: %j", async (args, message) => {
    await expectRefusal(start(args), message);
  });
});

describe("it ends well", () => {
  test.each(["SIGTERM", "SIGINT"] as const)("on %s a running stream comes to its end, is recorded, and the code is 0", async (signal) => {
    const release = Promise.withResolvers<void>();
    await withUpstream(async (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(textChunk("Hel"));
      await release.promise;
      for (const piece of [textChunk("lo"), stopChunk, usageChunk, DONE]) {
        response.write(piece);
        await pause(5);
      }
      response.end();
    });
    const gateway = start([], { MAIN_SECRET: SECRET });
    const url = await gateway.url;
    const response = await chat(url, { stream: true });
    const reader = response.body?.getReader();
    const first = await reader?.read();
    const ended = gateway.stop(signal);
    await expect.poll(gateway.stdout).toContain("draining");
    await expect(fetch(`${url}/health`)).rejects.toThrow();
    release.resolve();
    let text = Buffer.from(first?.value ?? []).toString();
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) text += Buffer.from(next.value).toString();
    expect(text).toBe([textChunk("Hel"), textChunk("lo"), stopChunk, DONE].join(""));
    expect(await ended).toBe(0);
    expect(await logLines("calls")).toMatchObject([{ stream: true, end: "complete", tokens: { input: 9, output: 3 } }]);
  });

  test("a second signal ends it at once", async () => {
    await withUpstream(() => {});
    const gateway = start([], { MAIN_SECRET: SECRET });
    const hanging = chat(await gateway.url).catch((error: unknown) => error);
    await expect.poll(() => upstream.seen).toHaveLength(1);
    gateway.process.kill("SIGTERM");
    await expect.poll(gateway.stdout).toContain("draining");
    expect(await gateway.stop("SIGTERM")).toBe(1);
    expect(await hanging).toBeInstanceOf(Error);
  });

  test("after a kill the same folder works again, with what was recorded and counted before", async () => {
    await withUpstream(undefined, { limits: [{ type: "requests", value: 2, window: "month" }] });
    const first = start([], { MAIN_SECRET: SECRET });
    expect((await chat(await first.url)).status).toBe(200);
    await expect.poll(() => logLines("calls").catch(() => [])).toHaveLength(1);
    await first.stop("SIGKILL");
    const second = start([], { MAIN_SECRET: SECRET });
    const url = await second.url;
    expect([(await chat(url)).status, (await chat(url)).status]).toEqual([200, 412]);
    expect(await second.stop()).toBe(0);
    expect((await logLines("calls")).map(({ status }) => status)).toEqual([200, 200, 412]);
  });
});
