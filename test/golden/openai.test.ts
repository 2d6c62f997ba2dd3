import { describe } from "vitest";
import { recordedExchanges } from "../support/exchanges.ts";
import { replayAll } from "./replay.ts";

const APIS = ["openai.chat", "openai.completions", "openai.embeddings"];

describe("recorded answers of OpenAI", () =>
  replayAll(
    "openai",
    recordedExchanges(({ api }) => APIS.includes(api)),
  ));
