import type { GatewayError } from "../../contracts/error.ts";
import { lazy } from "../../contracts/lazy.ts";
import { editJson } from "../../wire/jsonEdit.ts";
import { eventBytes, readEvent } from "../../wire/serverSentEvents.ts";
import type { ClientDialect } from "../dialect.ts";
import { decodeDelta } from "./answer.ts";
import { assembler, eventsOf } from "./assemble.ts";
import { answerTexts, copiesIn, eventTexts, requestTexts } from "./texts.ts";

/** OpenAI's protocol as its SDKs speak it: the inner language's own wire form, so nothing is translated. */
export const openaiClient: ClientDialect = {
  name: "openai",
  requestTexts,
  answerTexts,
  eventTexts,
  copiesIn,
  rewriteEvent({ bytes, withheld }, edits) {
    const { data = "{}" } = readEvent(bytes);
    const rewritten = eventBytes(Buffer.from(editJson(Buffer.from(data), edits)).toString("utf8"));
    return { bytes: rewritten, delta: lazy(() => decodeDelta(rewritten)), ...(withheld && { withheld }) };
  },
  error: (error, requestId) => Buffer.from(JSON.stringify(errorBody(error, requestId))),
  errorEvent: (error, requestId) => eventBytes(JSON.stringify(errorBody(error, requestId))),
  extraEvent: (body) => eventBytes(JSON.stringify(body)),
  eventsOf: (operation, body, options) => eventsOf(operation, body, options).map(eventBytes),
  assembler,
};

const errorBody = ({ message, type, code, param, remedy }: GatewayError, requestId: string) => ({
  error: { message: remedy ? `${message}. ${remedy}` : message, type, param: param ?? null, code },
  gatehouse: { request_id: requestId, ...(remedy && { remedy }) },
});
