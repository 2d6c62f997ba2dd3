import type { Call, Headers } from "../../../shared/contracts/call.ts";
import type { JsonObject } from "../../../shared/contracts/json.ts";
import type { StreamReply } from "../../../shared/contracts/reply.ts";
import { asksForUsage } from "../../../shared/dialects/openai/provider.ts";
import { clientDialects, dialects } from "../dialects.ts";

/** A whole answer as the stream that the client asked for. */
export function streamOf({ dialect, operation, payload }: Call, bytes: Uint8Array, headers: Headers): StreamReply {
  const body = JSON.parse(Buffer.from(bytes).toString("utf8")) as JsonObject;
  const includeUsage = payload.kind === "json" && asksForUsage(payload.body);
  const events = clientDialects[dialect].eventsOf(operation, body, { includeUsage });
  const codec = dialects[dialect].operations[operation];
  if (!codec) throw new TypeError(`${operation} has no stream`);
  return {
    kind: "stream",
    status: 200,
    headers: { ...headers, "content-type": "text/event-stream; charset=utf-8" },
    events: codec.decodeEvents(oneByOne(events), { withholdUsage: false }),
    framing: "events",
  };
}

async function* oneByOne<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}
