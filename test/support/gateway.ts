import { mkdtempSync, rmSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "../../functions/gateway/serve.ts";
import { DEFAULT_TIMEOUTS, type Services, type Settings } from "../../functions/gateway/services.ts";
import { openHouse } from "../../functions/local/services.ts";
import { type GatehouseFile, gatehouseFileSchema } from "../../shared/config/gatehouseFile.ts";
import { type BodyRecord, bodyRecordSchema, type CallRecord, callRecordSchema } from "../../shared/contracts/record.ts";
import { openDataFolder } from "../../shared/ports/embedded/dataFolder.ts";
import { listen } from "../../shared/runtime/nodeServer.ts";
import { applyFile } from "../../shared/state/applyFile.ts";
import { type Script, type ScriptedUpstream, scriptedUpstream } from "./scriptedUpstream.ts";

/** The key that every test gateway has, unless the test writes its own. */
export const TEST_KEY = "test-key-of-a-test-gateway";

export interface TestGateway {
  readonly url: string;
  readonly upstream: ScriptedUpstream;
  readonly services: Services;
  /** POST with JSON and the test key. */
  post(path: string, body: unknown, headers?: Record<string, string>, signal?: AbortSignal): Promise<Response>;
  chat(body?: object, headers?: Record<string, string>): Promise<Response>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** The log of calls, when at least that many have been settled. */
  calls(atLeast?: number): Promise<readonly CallRecord[]>;
  bodies(atLeast?: number): Promise<readonly BodyRecord[]>;
  /** The file is applied again, as at a start with a changed one. */
  apply(file: object): Promise<void>;
  /** Lets calls end, and what they wrote reach the disk. */
  close(): Promise<void>;
}

export interface TestGatewayOptions {
  /** Parts of a gatehouse.json, laid over one provider `main` (openai, at the scripted upstream) and one key `test`. */
  readonly file?: object;
  readonly key?: object;
  readonly upstream?: Script;
  readonly settings?: Partial<Settings>;
  readonly services?: (services: Services) => Services;
}

export const QUESTION = { model: "gpt-4o-mini", messages: [{ role: "user", content: "Hello" }] };

/** A whole gateway with embedded ports, the real edge, and a scripted provider; nothing is mocked. */
export async function testGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const upstream = await scriptedUpstream(options.upstream);
  const data = mkdtempSync(join(tmpdir(), "gatehouse-"));
  const settings: Settings = {
    version: "test",
    region: "test",
    log: "full",
    maxRequestBytes: 1_000_000,
    timeouts: DEFAULT_TIMEOUTS,
    ...options.settings,
  };
  const house = openHouse(openDataFolder(data), settings, { TEST_SECRET: "sk-the-secret-of-the-provider" });
  const apply = (file: object) => applyFile(wholeFile(upstream.url, options.key, file), house.control, house.secrets);
  await apply(options.file ?? {});
  const services = options.services?.(house.services) ?? house.services;
  const { clock } = house;
  const server = await listen({
    host: "127.0.0.1",
    port: 0,
    clock,
    maxRequestBytes: settings.maxRequestBytes,
    serve: (incoming, outgoing) => serve(incoming, outgoing, services),
  });
  const url = `http://127.0.0.1:${server.port}`;
  const authorization = `Bearer ${TEST_KEY}`;
  const post: TestGateway["post"] = (path, body, headers = {}, signal) =>
    fetch(`${url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization, ...headers },
      body: JSON.stringify(body),
      ...(signal && { signal }),
    });

  return {
    url,
    upstream,
    services,
    post,
    chat: (body = {}, headers) => post("/v1/chat/completions", { ...QUESTION, ...body }, headers),
    get: (path, headers = {}) => fetch(`${url}${path}`, { headers: { authorization, ...headers } }),
    calls: (atLeast = 1) => logged(join(data, "logs", "calls"), atLeast, (record) => callRecordSchema.strict().parse(record)),
    bodies: (atLeast = 1) => logged(join(data, "logs", "bodies"), atLeast, (record) => bodyRecordSchema.strict().parse(record)),
    apply,
    async close() {
      await upstream.close();
      await server.drain(5_000);
      await house.close();
      rmSync(data, { recursive: true });
    },
  };
}

function wholeFile(upstreamUrl: string, key: object = {}, file: object = {}): GatehouseFile {
  const given = file as Record<string, object>;
  return gatehouseFileSchema.parse({
    ...given,
    providers: given.providers ?? { main: { provider: "openai", secret: "env:TEST_SECRET", base_url: upstreamUrl } },
    keys: given.keys ?? { test: { secret: TEST_KEY, ...key } },
  });
}

const LOG_WAIT_MS = 5_000;

/** Settling goes on after the client has its answer, so the log is a moment behind. */
async function logged<Item>(folder: string, atLeast: number, parse: (record: unknown) => Item): Promise<readonly Item[]> {
  const deadline = Date.now() + LOG_WAIT_MS;
  for (;;) {
    const lines = await linesBelow(folder);
    if (lines.length >= atLeast) return lines.map((line) => parse(JSON.parse(line)));
    if (Date.now() > deadline) throw new Error(`only ${lines.length} of ${atLeast} records came in ${LOG_WAIT_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function linesBelow(folder: string): Promise<readonly string[]> {
  const files = await readdir(folder, { recursive: true }).catch(() => []);
  const texts = await Promise.all(
    files
      .filter((file) => file.endsWith(".jsonl"))
      .sort()
      .map((file) => readFile(join(folder, file), "utf8")),
  );
  return texts.flatMap((text) => text.split("\n").filter(Boolean));
}
