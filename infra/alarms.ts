import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import type { Measures } from "./measures.ts";

interface AlarmsProps {
  readonly measures: Measures;
  /** Absent: the alarms are seen on the dashboard only. */
  readonly notify?: ITopic | undefined;
}

export class Alarms extends Construct {
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, { measures, notify }: AlarmsProps) {
    super(scope, id);
    this.all = alarmRows(measures).map(({ name, says, metric, above, periods = 1 }) => {
      const alarm = new Alarm(this, name, {
        alarmDescription: says,
        metric,
        threshold: above,
        evaluationPeriods: periods,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        // A gateway that nobody uses reports nothing, and that is fine.
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
      if (notify) alarm.addAlarmAction(new SnsAction(notify));
      return alarm;
    });
  }
}

interface AlarmRow {
  readonly name: string;
  readonly says: string;
  readonly metric: IMetric;
  readonly above: number;
  /** Of five minutes each, one after the other. */
  readonly periods?: number;
}

const alarmRows = ({ gateway, own, control, live, calls, bodies, undelivered, misplaced }: Measures): readonly AlarmRow[] => [
  { name: "Errors", says: "the function failed: an answer may have been cut off", metric: gateway.errors, above: 0 },
  { name: "GatewayErrors", says: "calls failed for which the gateway or its store is to blame", metric: own.gatewayErrors, above: 0 },
  { name: "ServerErrors", says: "clients get a 5xx, of a provider or of the gateway", metric: gateway.serverErrors, above: 10, periods: 2 },
  { name: "Throttles", says: "calls are refused: the reserved concurrency is used up", metric: gateway.throttles, above: 0 },
  {
    name: "SlowCalls",
    says: "one call in a hundred comes near the function's 900 s",
    metric: gateway.durationP99,
    above: 800_000,
    periods: 2,
  },
  { name: "ControlThrottles", says: "keys and configs are read faster than the table allows", metric: control.readThrottles, above: 0 },
  // Counters answer a throttle by spreading over more items; only what stays throttled is news.
  { name: "LiveThrottles", says: "counters are written faster than the table allows", metric: live.writeThrottles, above: 100, periods: 2 },
  { name: "CallsLate", says: "records of calls wait more than half an hour for S3", metric: calls.ageSeconds, above: 1800 },
  { name: "BodiesLate", says: "records of bodies wait more than half an hour for S3", metric: bodies.ageSeconds, above: 1800 },
  {
    name: "CallsUnconverted",
    says: "records of calls do not fit the table's columns; they are under errors/",
    metric: calls.unconverted,
    above: 0,
  },
  {
    name: "BodiesUnconverted",
    says: "records of bodies do not fit the table's columns; they are under errors/",
    metric: bodies.unconverted,
    above: 0,
  },
  { name: "Lost", says: "records were taken by nobody; those of calls are in the function's log", metric: own.lost, above: 0 },
  { name: "Unpriced", says: "calls went to models without a known price", metric: own.unpriced, above: 0 },
  { name: "Undelivered", says: "Firehose did not take records; they are under undelivered/", metric: undelivered, above: 0 },
  { name: "Misplaced", says: "Firehose could not place records; they are under errors/", metric: misplaced, above: 0 },
];
