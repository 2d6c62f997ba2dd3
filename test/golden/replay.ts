import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Exchange, NO_EXCHANGES } from "../support/exchanges.ts";
import { type TestGateway, testGateway } from "../support/gateway.ts";
import { inPieces, seededRandom } from "../support/pieces.ts";
import { pause, type Script, type SeenRequest } from "../support/scriptedUpstream.ts";
import { type SettledCall, type SettledCalls, settledCalls } from "../support/settledCalls.ts";
import { EXCLUSIONS } from "./exclusions.ts";
import { bucketsOf, saidByFacts, saidInAnswer, statedUsage } from "./facts.ts";

/** Replays each exchange through one running gateway whose only provider is the scripted one. */
export function replayAll(provider: "openai" | "custom", recorded: readonly Exchange[]): void {
  const exchanges = recorded.filter(({ id }) => !(id in EXCLUSIONS));
  if (exchanges.length === 0) test.skip(`nothing to replay: ${NO_EXCHANGES}`);
  let gateway: TestGateway;
  const calls = settledCalls();
  beforeAll(async () => {
    gateway = await testGateway({ services: calls.watch });
    await gateway.apply({ providers: { main: { provider, secret: "env:TEST_SECRET", base_url: gateway.upstream.url } } });
  });
  afterAll(() => gateway?.close());

  describe.each(exchanges)("$id", (exchange) => {
    let replayed: Replayed;
    beforeAll(async () => {
      replayed = await replay(exchange, gateway, calls);
    });

    test("the provider gets the request as the client sent it", () => {
      const { sent, seen } = replayed;
      if (isAskedByGateway(sent)) expect(seen.body).toEqual({ ...sent, stream_options: { include_usage: true } });
      else expect(seen.bytes.toString()).toBe(JSON.stringify(sent));
    });

    test("the client gets the answer as the provider sent it", () => {
      const { status, text, sent } = replayed;
      expect(status).toBe(exchange.response.status);
      expect(text).toBe(expectedText(exchange, isAskedByGateway(sent)));
    });

    test("the log says what was said, why it ended and what it took", () => expectFacts(exchange, replayed.settled));
  });
}

interface Replayed {
  readonly sent: Exchange["request"]["body"] & object;
  readonly seen: SeenRequest;
  readonly status: number;
  readonly text: string;
  readonly settled: SettledCall;
}

async function replay(exchange: Exchange, gateway: TestGateway, calls: SettledCalls): Promise<Replayed> {
  const begun = Promise.withResolvers<void>();
  gateway.upstream.answer(played(exchange, begun.promise));
  const sent = requestBody(exchange);
  const response = await gateway.post(`/v1/${pathOf(exchange)}`, sent);
  begun.resolve();
  const text = await response.text();
  const seen = gateway.upstream.seen.at(-1);
  if (!seen) throw new Error("the provider was not asked");
  return { sent, seen, status: response.status, text, settled: await calls.of(response) };
}

const pathOf = ({ api }: Exchange): string =>
  api.endsWith(".chat") ? "chat/completions" : api.endsWith(".completions") ? "completions" : "embeddings";

/** Where only the answer was recorded, it was asked for with everything that it has. */
function requestBody({ request, requestRecorded, response }: Exchange): Replayed["sent"] {
  if (requestRecorded !== false && request.body) return request.body;
  const question = { model: "recorded", messages: [{ role: "user", content: "Hello" }] };
  return response.stream ? { ...question, stream: true, stream_options: { include_usage: true } } : question;
}

const isAskedByGateway = (sent: Replayed["sent"]): boolean =>
  sent.stream === true && (sent.stream_options as { include_usage?: boolean } | undefined)?.include_usage !== true;

/** Set by the connection that plays the answer, or undone by whoever recorded it. */
const NOT_PLAYED = ["connection", "keep-alive", "transfer-encoding", "content-encoding", "content-length", "date"];

function played({ id, response }: Exchange, clientHasBegun: Promise<void>): Script {
  const contentType = response.stream ? "text/event-stream" : "application/json";
  const recorded = Object.entries(response.headers).filter(([name]) => !NOT_PLAYED.includes(name.toLowerCase()));
  const headers = { "content-type": contentType, ...Object.fromEntries(recorded) };
  const random = seededRandom([...id].reduce((seed, letter) => seed * 31 + letter.charCodeAt(0), 7));
  return async (_request, upstream) => {
    upstream.writeHead(response.status, headers);
    if (!response.stream) return upstream.end(wholeText(response));
    const events = eventsOf(response);
    const failing = events.findIndex(isError);
    const [before, after] = failing < 0 ? [events, []] : [events.slice(0, failing), events.slice(failing)];
    for (const part of [before, after]) {
      for (const piece of inPieces(Buffer.from(part.join("")), random)) {
        upstream.write(piece);
        await pause(0);
      }
      // What fails before the client has anything is another story.
      if (after.length > 0) await clientHasBegun;
    }
    upstream.end();
  };
}

/** Indented, as OpenAI sends it: a gateway that parses and writes again would be found out. */
const wholeText = ({ body }: Exchange["response"]): string => (typeof body === "string" ? body : JSON.stringify(body, null, 2));

const eventsOf = ({ sse = "" }: Exchange["response"]): readonly string[] => sse.split(/(?<=\r\n\r\n|\n\n)/);

const dataOf = (event: string): Record<string, unknown> | undefined => {
  const data = /^data: ?(\{.*)$/m.exec(event)?.[1];
  return data === undefined ? undefined : (JSON.parse(data) as Record<string, unknown>);
};
const isError = (event: string): boolean => dataOf(event)?.error !== undefined;

/** An event that says nothing but the usage is the gateway's own affair where the client did not ask for it; after an error comes nothing. */
function expectedText({ response }: Exchange, isUsageWithheld: boolean): string {
  if (!response.stream) return wholeText(response);
  const events = eventsOf(response);
  const failing = events.findIndex(isError);
  const isOnlyUsage = (event: string) => {
    const { choices, usage } = dataOf(event) ?? {};
    return Array.isArray(choices) && choices.length === 0 && usage != null;
  };
  return (failing < 0 ? events : events.slice(0, failing + 1)).filter((event) => !(isUsageWithheld && isOnlyUsage(event))).join("");
}

function expectFacts(exchange: Exchange, { call, answer }: SettledCall): void {
  const { facts, response } = exchange;
  const isGood = response.status < 300;
  expect(call).toMatchObject({ status: response.status, end: facts?.error ? "cut" : isGood ? "complete" : "failed" });
  const usage = statedUsage(exchange);
  if (usage) expect(call.tokens).toEqual(bucketsOf(usage));
  else expect(call.tokens.input > 0).toBe(isGood);
  if (!facts) return;
  expect(saidInAnswer(answer)).toEqual(saidByFacts(facts));
  expect([...new Set(call.finish_reasons)]).toEqual(facts.stop ? [facts.stop] : []);
}
