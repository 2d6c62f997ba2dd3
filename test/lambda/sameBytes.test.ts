import { afterAll, beforeAll, expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { type TestGateway, testGateway } from "../support/gateway.ts";
import { type BuiltGateway, builtGateway } from "../support/lambda/builtGateway.ts";
import { builtBundle } from "../support/lambda/bundle.ts";
import { REQUESTS, type Sent, sharedFile } from "./requests.ts";

const bundle = builtBundle();

let local: TestGateway;
let built: BuiltGateway;
beforeAll(async () => {
  local = await testGateway({ settings: { version: packageJson.version, maxRequestBytes: 4_400_000 } });
  await local.apply(sharedFile(local.upstream.url));
  built = await builtGateway({ ...bundle });
  await built.apply(sharedFile(built.upstream.url));
  await built.environment.initialized;
});
afterAll(() => Promise.all([local.close(), built.close()]));

/** What a client sees and must not depend on where the gateway runs: all but what the two servers say about the connection. */
interface Seen {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

test.each(REQUESTS)("$name", async ({ script, sent, status }) => {
  for (const request of sent) {
    const [here, there] = [await askLocal(request, script), await askBuilt(request, script)];
    expect(there).toEqual(here);
    if (request === sent.at(-1)) expect(here.status).toBe(status);
  }
});

async function askLocal({ method, path, headers, body }: Sent, script: (typeof REQUESTS)[number]["script"]): Promise<Seen> {
  local.upstream.answer(script());
  return seenOf(await fetch(`${local.url}${path}`, { method, headers, ...(body !== undefined && { body }) }));
}

async function askBuilt(request: Sent, script: (typeof REQUESTS)[number]["script"]): Promise<Seen> {
  built.upstream.answer(script());
  const { response, done } = await built.ask(request);
  const seen = await seenOf(response);
  await done;
  return seen;
}

const OF_THE_CONNECTION = new Set(["connection", "keep-alive", "date", "content-length", "transfer-encoding"]);

async function seenOf(response: Response): Promise<Seen> {
  const headers = [...response.headers].filter(([name]) => !OF_THE_CONNECTION.has(name));
  const lastingHeaders = headers.map(([name, value]) => [name, name === "retry-after" ? "…" : lasting(value)]);
  return { status: response.status, headers: Object.fromEntries(lastingHeaders), body: lasting(await response.text()) };
}

/** Without what every run has its own of: request ids, when checks ran and for how long, how long a limit's window still is. */
const lasting = (text: string): string =>
  text
    .replace(/req_[0-9a-z]{26}/g, "req_…")
    .replace(/"(created_at|execution_time)":("[^"]*"|[\d.]+)/g, '"$1":…')
    .replace(/ in \d+ s\b/g, " in … s");
