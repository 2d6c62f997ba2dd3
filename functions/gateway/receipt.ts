import type { Answer } from "../../shared/contracts/answer.ts";
import type { Call } from "../../shared/contracts/call.ts";
import type { Attempt, Trace } from "../../shared/contracts/trace.ts";
import { addUsage, NO_USAGE, type Usage } from "../../shared/contracts/usage.ts";
import type { PriceList } from "../../shared/state/prices.ts";
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

/** Every attempt that brought something, also one whose answer a guardrail kept back and another target then replaced. */
export async function receiptOf({ attempts, call, receivedAt }: Trace, { prices }: Pick<Services, "prices">): Promise<Receipt> {
  const receipts = await Promise.all(attempts.map((attempt) => attemptReceipt(attempt, call, receivedAt, prices)));
  return receipts.reduce(sum, NOTHING);
}

async function attemptReceipt(attempt: Attempt, call: Call | undefined, at: number, prices: PriceList): Promise<Receipt> {
  const answer = attempt.answer?.answer();
  if (!answer || !call || !isGood(attempt.status)) return NOTHING;
  const usage = answer.usage ?? (await estimated(call, answer));
  if (!usage) return unpriced(NO_USAGE, null);
  let priceVersion: string | null = null;
  // A provider may name a dated version of what was asked for; either may be what the list has.
  for (const model of new Set([answer.model, attempt.model])) {
    if (model === undefined) continue;
    const cost = await prices.cost({ provider: attempt.provider, model, usage, at });
    priceVersion = cost.version;
    if (cost.status === "unpriced") continue;
    const { nanoDollars } = cost;
    return { usage, status: answer.usage ? "exact" : "estimated", listNanoUsd: nanoDollars, chargedNanoUsd: nanoDollars, priceVersion };
  }
  return unpriced(usage, priceVersion);
}

const unpriced = (usage: Usage, priceVersion: string | null): Receipt => ({
  usage,
  status: "unpriced",
  listNanoUsd: null,
  chargedNanoUsd: null,
  priceVersion,
});

/** The sum is as uncertain as the most uncertain of its parts. */
const CERTAINTY: readonly Receipt["status"][] = ["none", "exact", "estimated", "unpriced"];

const sum = (left: Receipt, right: Receipt): Receipt => ({
  usage: addUsage(left.usage, right.usage),
  status: CERTAINTY.indexOf(left.status) > CERTAINTY.indexOf(right.status) ? left.status : right.status,
  listNanoUsd: plus(left.listNanoUsd, right.listNanoUsd),
  chargedNanoUsd: plus(left.chargedNanoUsd, right.chargedNanoUsd),
  priceVersion: right.priceVersion ?? left.priceVersion,
});

const plus = (left: bigint | null, right: bigint | null): bigint | null => (left === null || right === null ? null : left + right);

const isGood = (status: number | undefined): boolean => status !== undefined && status >= 200 && status <= 299;

/** The provider counted nothing, or the stream ended before it said so: what went out and what came back is counted here. */
async function estimated(call: Call, { choices }: Answer): Promise<Usage | undefined> {
  if (call.payload.kind !== "json" || call.operation === "passthrough") return undefined;
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
