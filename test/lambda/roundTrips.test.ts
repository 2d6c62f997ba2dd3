import { afterEach, expect, test } from "vitest";
import { generateKey } from "../../shared/state/keyString.ts";
import { type BuiltGateway, builtGateway } from "../support/lambda/builtGateway.ts";
import { builtBundle } from "../support/lambda/bundle.ts";

const bundle = builtBundle();

let gateway: BuiltGateway;
afterEach(() => gateway.close());

const { secret } = generateKey(Date.now());
const limits = [{ type: "requests", value: 100, window: "minute" }];

/** A key with all that a call can depend on; two providers, since one for all is found without being named. */
async function open(key: object = {}): Promise<void> {
  gateway = await builtGateway(bundle);
  const account = { provider: "openai", secret: "sk-of-the-provider-0123", base_url: gateway.upstream.url };
  await gateway.apply({
    teams: { shop: { cost_center: "4711" } },
    providers: { main: account, spare: account },
    configs: { both: { strategy: { mode: "fallback" }, targets: [{ provider: "@main" }, { provider: "@spare" }] } },
    keys: { test: { secret, team: "shop", providers: ["main", "spare"], config: "both", ...key } },
  });
  await gateway.environment.initialized;
}

/** What DynamoDB is asked before the provider is. */
async function askedBeforeProvider(): Promise<readonly string[]> {
  const before = gateway.dynamo.operations.length;
  const asked: string[] = [];
  gateway.upstream.answer((_request, response) => {
    asked.push(...gateway.dynamo.operations.slice(before));
    response.writeHead(200, { "content-type": "application/json" }).end('{"choices":[]}');
  });
  const { response, done } = await gateway.chat({}, { authorization: `Bearer ${secret}` });
  expect(response.status).toBe(200);
  await response.text();
  await done;
  return asked;
}

test("a cold call with limits asks DynamoDB three times before the provider: key; team, providers and config at once; limit", async () => {
  await open({ limits });
  expect(await askedBeforeProvider()).toEqual(["GetItem", "BatchGetItem", "UpdateItem"]);
});

test("a warm call with limits asks once", async () => {
  await open({ limits });
  await askedBeforeProvider();
  expect(await askedBeforeProvider()).toEqual(["UpdateItem"]);
});

test("a warm call without limits does not ask at all", async () => {
  await open();
  await askedBeforeProvider();
  expect(await askedBeforeProvider()).toEqual([]);
});
