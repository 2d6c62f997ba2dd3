import type { Logger } from "@aws-lambda-powertools/logger";
import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { layeredPrices } from "../../../layers/catalog/catalog.ts";
import type { GatewayEnvironment } from "../../../shared/contracts/environment.ts";
import { lazy } from "../../../shared/contracts/lazy.ts";
import { ledgerClient, storeClient } from "../../../shared/ports/aws/dynamoClients.ts";
import { dynamoLedger } from "../../../shared/ports/aws/dynamoLedger.ts";
import { dynamoStore } from "../../../shared/ports/aws/dynamoStore.ts";
import { secretsManager } from "../../../shared/ports/aws/secretsManager.ts";
import { secretsWithDeadline, storeWithDeadline } from "../../../shared/ports/deadline.ts";
import { systemClock } from "../../../shared/ports/embedded/systemClock.ts";
import { httpUpstream } from "../../../shared/ports/node/httpUpstream.ts";
import type { LogSink, Store } from "../../../shared/ports/ports.ts";
import { answerCache } from "../../../shared/state/answerCache.ts";
import { controlCollections } from "../../../shared/state/collections.ts";
import { directory } from "../../../shared/state/directory.ts";
import { guardrailShelf } from "../../../shared/state/guardrailShelf.ts";
import { keyFinder } from "../../../shared/state/keys.ts";
import { priceList } from "../../../shared/state/prices.ts";
import { providerSecrets } from "../../../shared/state/providerSecrets.ts";
import type { Services, Settings } from "../services.ts";
import { batchedReads } from "./batchedReads.ts";
import { connectionPool } from "./connectionPool.ts";
import type { FirehoseLogOptions } from "./firehoseLog.ts";
import { countCall } from "./metrics.ts";
import { observedLog } from "./observedLog.ts";
import { reporter } from "./report.ts";
import type { Tracing } from "./tracing.ts";

/** What a function says about itself beside its log of calls. */
export interface Instruments {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
}

/** The gateway on AWS's adapters. */
export interface LambdaHouse extends Instruments {
  readonly services: Services;
  /** Opens the connection that the first call needs. */
  warmUp(): Promise<void>;
  /** At both ends of an invocation. */
  refresh(): void;
}

const MEMORY = { keyTtlSeconds: 10, staleKeySeconds: 60 };
/** The first call of a process opens connections. */
const STORE_DEADLINE = { firstMs: 2_000, ms: 200 };
const SECRETS_DEADLINE = { firstMs: 3_000, ms: 2_000 };

export function openLambdaHouse(environment: GatewayEnvironment, settings: Settings, instruments: Instruments): LambdaHouse {
  const { logger, metrics, tracing } = instruments;
  const report = reporter(logger);
  const { clock, control, live, ledger, secrets, log, pool } = openAdapters(environment, settings.region, instruments, report);
  const known = batchedReads(storeWithDeadline(control, STORE_DEADLINE));
  const services: Services = {
    clock,
    upstream: httpUpstream(),
    ledger,
    log: observedLog(log, (record) => {
      countCall(record, metrics);
      tracing.annotate(record);
    }),
    keys: keyFinder(controlCollections(known), clock, MEMORY),
    directory: directory(controlCollections(known), clock, MEMORY),
    guardrails: guardrailShelf(known, clock, MEMORY),
    secrets: providerSecrets(secretsWithDeadline(secrets, SECRETS_DEADLINE), clock),
    cache: answerCache(storeWithDeadline(live, STORE_DEADLINE), clock),
    prices: priceList(layeredPrices),
    settings,
    report,
  };
  return { services, ...instruments, warmUp: () => warmUp(control, report), refresh: pool.refresh };
}

function openAdapters(environment: GatewayEnvironment, region: string, instruments: Instruments, report: Services["report"]) {
  const clock = systemClock;
  const pool = connectionPool(clock);
  const config = { region, requestHandler: pool.requestHandler };
  const client = storeClient(config);
  return {
    clock,
    pool,
    control: dynamoStore(client, environment.CONTROL_TABLE, clock),
    live: dynamoStore(client, environment.LIVE_TABLE, clock, { listed: false }),
    ledger: dynamoLedger(ledgerClient(config), environment.LIVE_TABLE, clock, {
      deadline: STORE_DEADLINE,
      report: (outcome) => report("what a refused call held may not have been given back", outcome),
    }),
    secrets: secretsManager(new SecretsManagerClient(config), environment.SECRETS_PREFIX),
    log: lazyLog({ environment, config, clock, lastResort: lastResort(instruments) }),
  };
}

/** Nobody has the key that is asked for: what counts is the connection. With a deadline of its own, since the first call keeps its 2 s. */
async function warmUp(control: Store, report: Services["report"]): Promise<void> {
  try {
    await storeWithDeadline(control, { firstMs: 1_000, ms: 1_000 }).get({ collection: "key", id: "none" });
  } catch (cause) {
    report("the control table could not be read during init", cause);
  }
}

/** Its clients are code that nobody needs before an answer. */
function lazyLog(options: FirehoseLogOptions): LogSink {
  const sink = lazy(async () => (await import("./firehoseLog.ts")).firehoseLog(options));
  return { write: async (batch) => (await sink()).write(batch) };
}

/** A record that neither Firehose nor S3 took stands in the function's own log, where it can be found by its message. */
const lastResort =
  ({ logger, metrics }: Instruments) =>
  (line: string) => {
    metrics.addMetric("UndeliveredRecords", MetricUnit.Count, 1);
    logger.error("a record was taken by nobody", { record: JSON.parse(line) });
  };
