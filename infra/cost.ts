import { fileURLToPath } from "node:url";

// Prints what a gateway costs in a month, for docs/cost.md: `node infra/cost.ts`.

/** US dollars, us-east-1, without free tiers and discounts. The sources and how sure they are: docs/cost.md. */
const PRICE = {
  lambdaRequest: 0.2 / 1e6,
  /** A GB-second on arm64: so much up to a number of GB-seconds a month. */
  lambdaTiers: [
    { upTo: 7.5e9, each: 0.000_013_333_4 },
    { upTo: 18.75e9, each: 0.000_012_000_1 },
    { upTo: Number.POSITIVE_INFINITY, each: 0.000_010_666_7 },
  ],
  dynamoRead: 0.125 / 1e6,
  dynamoWrite: 0.625 / 1e6,
  /** A GB through Firehose, converted and placed. */
  firehoseGb: 0.029 + 0.018 + 0.02,
  firehoseObject: 0.005 / 1e3,
  s3Put: 0.005 / 1e3,
  s3GbMonth: 0.023,
  logGb: 0.5,
  egressGb: 0.09,
  metricMonth: 0.3,
  alarmMonth: 0.1,
  dashboardMonth: 3,
  secretMonth: 0.4,
  secretRead: 0.05 / 1e4,
  keyMonth: 1,
} as const;

/** What is assumed of a call, and of a gateway. Everything that is not a price stands here. */
export const ASSUMED = {
  memoryGb: 0.5,
  /** Settling and reporting, after the client has its last byte. */
  afterSeconds: 0.1,
  dynamoReads: 1,
  /** One limit: held before the call, settled after it. */
  dynamoWrites: 2,
  /** Firehose rounds every record up to this. */
  recordGb: 5e-6,
  storedGb: 1e-6,
  storedMonths: 13,
  /** Firehose ends a file every five minutes when there is something in it. */
  filesMonth: 8_640,
  /** Metrics and reports of a call in the function's log. */
  logGb: 1.5e-6,
  egressGb: 10e-6,
  providers: 2,
  /** Names of metrics, each over all calls and for each provider. */
  metrics: 12,
  alarms: 15,
  secretReadsPerEnvironment: 8_640,
} as const;

const SECONDS_A_MONTH = 2_628_000;

export interface Month {
  readonly calls: number;
  readonly secondsEach: number;
}
export type Bill = Readonly<Record<"fixed" | "lambda" | "dynamo" | "log" | "reports" | "egress" | "total", number>>;

export function billOf({ calls, secondsEach }: Month): Bill {
  const gbSeconds = calls * (secondsEach + ASSUMED.afterSeconds) * ASSUMED.memoryGb;
  const environments = (calls * secondsEach) / SECONDS_A_MONTH;
  const files = Math.min(calls, ASSUMED.filesMonth);
  // A metric costs by the hour in which it has a value: with few calls it has one in few hours.
  const activeShare = Math.min(1, calls / 730);
  const parts = {
    fixed: ASSUMED.alarms * PRICE.alarmMonth + PRICE.dashboardMonth + PRICE.keyMonth + ASSUMED.providers * PRICE.secretMonth,
    lambda: calls * PRICE.lambdaRequest + tiered(gbSeconds),
    dynamo: calls * (ASSUMED.dynamoReads * PRICE.dynamoRead + ASSUMED.dynamoWrites * PRICE.dynamoWrite),
    log:
      calls * (ASSUMED.recordGb * PRICE.firehoseGb + ASSUMED.storedGb * ASSUMED.storedMonths * PRICE.s3GbMonth) +
      files * (PRICE.firehoseObject + PRICE.s3Put),
    reports:
      calls * ASSUMED.logGb * PRICE.logGb +
      activeShare * ASSUMED.metrics * (1 + ASSUMED.providers) * PRICE.metricMonth +
      environments * ASSUMED.providers * ASSUMED.secretReadsPerEnvironment * PRICE.secretRead,
    egress: calls * ASSUMED.egressGb * PRICE.egressGb,
  };
  return { ...parts, total: Object.values(parts).reduce((sum, part) => sum + part, 0) };
}

function tiered(gbSeconds: number): number {
  let [cost, from] = [0, 0];
  for (const { upTo, each } of PRICE.lambdaTiers) {
    cost += Math.max(0, Math.min(gbSeconds, upTo) - from) * each;
    from = upTo;
  }
  return cost;
}

const MONTHS: readonly Month[] = [
  { calls: 0, secondsEach: 0 },
  ...[100_000, 1_000_000, 10_000_000, 100_000_000].flatMap((calls) => [5, 20, 60].map((secondsEach) => ({ calls, secondsEach }))),
];

/** The table of docs/cost.md, in Markdown. */
export function costTable(): string {
  const head =
    "| calls a month | seconds each | at once, on average | fixed | Lambda | DynamoDB | log | reports | egress | **total** | a million calls |";
  const rows = MONTHS.map((month) => {
    const { total, ...parts } = billOf(month);
    const { calls, secondsEach } = month;
    const atOnce = (calls * secondsEach) / SECONDS_A_MONTH;
    const perMillion = calls === 0 ? "" : dollars((total / calls) * 1e6);
    const [name, seconds] = calls === 0 ? ["idle", ""] : [calls.toLocaleString("en-US"), String(secondsEach)];
    return `| ${[name, seconds, calls === 0 ? "" : atOnce.toFixed(1), ...Object.values(parts).map(dollars), `**${dollars(total)}**`, perMillion].join(" | ")} |`;
  });
  return [head, head.replace(/[^|]+/g, " ---: "), ...rows].join("\n");
}

const dollars = (amount: number): string => `$${amount.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(costTable());
