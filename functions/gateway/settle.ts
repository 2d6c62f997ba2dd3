import type { Outcome, Trace } from "../../shared/contracts/trace.ts";
import type { LogBatch } from "../../shared/ports/ports.ts";
import { receiptOf } from "./receipt.ts";
import { bodyRecords } from "./records/bodyRecords.ts";
import { callRecord } from "./records/callRecord.ts";
import type { Services } from "./services.ts";

/**
 * After the last byte: what the call used and cost, its holds put right, its answer kept, its line in the log.
 * Each of these is done whatever becomes of the others.
 */
export async function settle(trace: Trace, services: Services): Promise<void> {
  const failed = (what: string) => (cause: unknown) => services.report(`a call could not be settled: ${what}`, cause);
  await Promise.all([
    settleHolds(trace).catch(failed("limits")),
    keepAnswer(trace, services).catch(failed("cache")),
    writeRecords(trace, services).catch(failed("log")),
  ]);
}

async function settleHolds({ releases, cache, attempts }: Trace): Promise<void> {
  const outcome: Outcome = { isServedFromCache: cache.status === "hit", wasSent: attempts.length > 0 };
  await Promise.all(releases.map((release) => release(outcome)));
}

/** Only what is whole and good is kept: an error must never be answered again as a success. */
async function keepAnswer({ cache, end, served, answer }: Trace, services: Services): Promise<void> {
  if ((cache.status !== "miss" && cache.status !== "refresh") || end !== "complete" || served?.status !== 200 || !answer) return;
  await services.cache.put(cache.store.key, answer.whole(), cache.store.maxAgeSeconds);
}

async function writeRecords(trace: Trace, services: Services): Promise<void> {
  const receipt = await receiptOf(trace, services);
  const entry = (record: LogBatch["calls"][number]["record"]) => ({ at: trace.receivedAt, record });
  await services.log.write({
    calls: [entry(callRecord(trace, receipt, services))],
    bodies: trace.plan?.log === "full" ? bodyRecords(trace).map(entry) : [],
  });
}
