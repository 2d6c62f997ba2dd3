import { Duration } from "aws-cdk-lib";
import { Metric, Stats } from "aws-cdk-lib/aws-cloudwatch";
import type { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import type { Analytics } from "./analytics.ts";
import type { GatewayFunction } from "./gatewayFunction.ts";
import type { LogTable } from "./logTable.ts";
import type { Storage } from "./storage.ts";

export type Measures = ReturnType<typeof measuresOf>;

interface Measured {
  readonly gateway: GatewayFunction;
  readonly storage: Storage;
  readonly analytics: Analytics;
}

/** What is watched, named once for alarms and dashboard. Every value is over five minutes. */
export const measuresOf = ({ gateway, storage, analytics }: Measured) => ({
  gateway: {
    requests: gateway.function.metric("UrlRequestCount", total),
    clientErrors: gateway.function.metric("Url4xxCount", total),
    serverErrors: gateway.function.metric("Url5xxCount", total),
    errors: gateway.function.metric("Errors", total),
    throttles: gateway.function.metric("Throttles", total),
    concurrency: gateway.function.metric("ConcurrentExecutions", highest),
    durationMedian: gateway.function.metric("Duration", { ...over, statistic: Stats.p(50) }),
    durationP99: gateway.function.metric("Duration", { ...over, statistic: Stats.p(99) }),
  },
  own: ownMeasures(gateway.serviceName),
  control: tableMeasures(storage.control),
  live: tableMeasures(storage.live),
  calls: streamMeasures(analytics.calls),
  bodies: streamMeasures(analytics.bodies),
  undelivered: analytics.logs.metricWritten("undelivered"),
  misplaced: analytics.logs.metricWritten("errors"),
});

const over = { period: Duration.minutes(5) };
const total = { ...over, statistic: Stats.SUM };
const highest = { ...over, statistic: Stats.MAXIMUM };

/** What the function says of itself, over all calls. The names are given in `functions/gateway/lambda`. */
const ownMeasures = (service: string) => {
  const own = (metricName: string, options = total) =>
    new Metric({ namespace: "Gatehouse", metricName, dimensionsMap: { service }, ...options });
  return {
    gatewayErrors: own("GatewayErrors"),
    providerErrors: own("ProviderErrors"),
    limitRefusals: own("LimitRefusals"),
    unpriced: own("UnpricedCalls"),
    lost: own("UndeliveredRecords"),
    costUsd: own("CostUsd"),
    firstTokenMs: own("FirstTokenMs", { ...over, statistic: Stats.p(50) }),
  };
};

const tableMeasures = (table: TableV2): Record<"readThrottles" | "writeThrottles" | "reads" | "writes", Metric> => ({
  readThrottles: table.metric("ReadThrottleEvents", total),
  writeThrottles: table.metric("WriteThrottleEvents", total),
  reads: table.metric("ConsumedReadCapacityUnits", total),
  writes: table.metric("ConsumedWriteCapacityUnits", total),
});

const streamMeasures = ({ stream }: LogTable): Record<"incoming" | "ageSeconds" | "unconverted", Metric> => ({
  incoming: stream.metric("IncomingRecords", total),
  ageSeconds: stream.metric("DeliveryToS3.DataFreshness", highest),
  unconverted: stream.metric("FailedConversion.Records", total),
});
