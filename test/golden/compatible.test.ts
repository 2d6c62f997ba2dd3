import { describe } from "vitest";
import { recordedExchanges } from "../support/exchanges.ts";
import { replayAll } from "./replay.ts";

describe("recorded answers of hosts that speak OpenAI's dialect", () =>
  replayAll(
    "custom",
    recordedExchanges(({ dialect, api }) => dialect === "openai" && api.endsWith(".chat") && api !== "openai.chat"),
  ));
