import type { Trace } from "../../shared/contracts/trace.ts";
import type { Answer } from "../../shared/contracts/answer.ts";
import { NO_USAGE, type Usage } from "../../shared/contracts/usage.ts";
import { estimateTokens } from "../../shared/state/tokenEstimate.ts";
import { clientDialects } from "./dialects.ts";
import type { Services } from "./services.ts";

/** What a call used and cost. Amounts are billionths of a US dollar; null where nothing is known. */
export interface Receipt {
  readonly usage: Usage;
  readonly status: "exact" | "estimated" | "unpriced" | "none";
  readonly listNanoUsd: bigint | null;
  readonly chargedNanoUsd: bigint | null;
  readonly priceVersion: string | null;
}

const NOTHING: Receipt = { usage: NO_USAGE, status: "none", listNanoUsd: 0n, chargedNanoUsd: 0n, priceVersion: null };

export async function receiptOf(trace: Trace, { prices }: Pick<Services, "prices">): Promise<Receipt> {
  const { served, call } = trace;
  const answer = trace.answer?.answer();
  if (!served || !answer || !call || trace.cache.status === "hit") return NOTHING;
  const measured = answer.usage ?? (isGood(served.status) ? await estimated(trace, answer) : undefined);
  if (!measured) return isGood(served.status) ? { ...NOTHING, status: "unpriced", listNanoUsd: null, chargedNanoUsd: null } : NOTHING;
  const models = new Set([answer.model, served.model]);
  let priceVersion: string | null = null;
  for (const model of models) {
    if (model === undefined) continue;
    const cost = await prices.cost({ provider: served.provider, model, usage: measured, at: trace.receivedAt });
    priceVersion = cost.version;
    if (cost.status === "unpriced") continue;
    const status = answer.usage ? "exact" : "estimated";
    return { usage: measured, status, listNanoUsd: cost.nanoDollars, chargedNanoUsd: cost.nanoDollars, priceVersion };
  }
  return { usage: measured, status: "unpriced", listNanoUsd: null, chargedNanoUsd: null, priceVersion };
}

const isGood = (status: number | undefined): boolean => status !== undefined && status >= 200 && status <= 299;

/** The provider counted nothing, or the stream ended before it said so: what went out and what came back is counted here. */
async function estimated({ call, served }: Trace, { choices }: Answer): Promise<Usage | undefined> {
  if (!call || !served || call.payload.kind !== "json") return undefined;
  const asked = clientDialects[call.dialect].requestTexts(call.operation, call.payload.body).slots.map(({ segment }) => segment.text);
  const parts = choices.flatMap((choice) => choice.parts);
  const said = (isReasoning: boolean) =>
    parts.flatMap((part) => {
      if ((part.kind === "reasoning") !== isReasoning) return [];
      if (part.kind === "toolCall") return [part.name, part.arguments];
      return "text" in part ? [part.text] : [];
    });
  const [input, output, reasoning] = await Promise.all([asked, said(false), said(true)].map((texts) => estimateTokens(texts.join("\n"))));
  return { ...NO_USAGE, input: input ?? 0, output: output ?? 0, reasoning: reasoning ?? 0 };
}
