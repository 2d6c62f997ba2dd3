import { Stack } from "aws-cdk-lib";
import { AlarmStatusWidget, Dashboard as CloudWatchDashboard, GraphWidget, type IMetric } from "aws-cdk-lib/aws-cloudwatch";
import { Construct } from "constructs";
import type { Alarms } from "./alarms.ts";
import type { Measures } from "./measures.ts";

interface DashboardProps {
  readonly measures: Measures;
  readonly alarms: Alarms;
}

/** What is wrong, who calls, what it costs, how long it takes, what the tables do, where the log is. */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, { measures, alarms }: DashboardProps) {
    super(scope, id);
    const { gateway, own, control, live, calls, bodies, undelivered, misplaced } = measures;
    const status = new AlarmStatusWidget({ title: "Alarms", width: 24, height: 3, alarms: [...alarms.all] });
    const rows = [
      [graph("Calls", gateway.requests), graph("Refused and failed", gateway.clientErrors, gateway.serverErrors, gateway.errors)],
      [graph("US dollars", own.costUsd), graph("Whose failure", own.gatewayErrors, own.providerErrors, own.limitRefusals)],
      [graph("To the first token", own.firstTokenMs), graph("To the last byte, and settled", gateway.durationMedian, gateway.durationP99)],
      [graph("At once", gateway.concurrency, gateway.throttles), graph("Records", calls.incoming, bodies.incoming)],
      [graph("Control table", control.reads, control.readThrottles), graph("Live table", live.reads, live.writes, live.writeThrottles)],
      [
        graph("Age of what waits for S3", calls.ageSeconds, bodies.ageSeconds),
        graph("Should be none", own.unpriced, own.lost, undelivered, misplaced),
      ],
    ];
    new CloudWatchDashboard(this, "Dashboard", { dashboardName: Stack.of(this).stackName, widgets: [[status], ...rows] });
  }
}

const graph = (title: string, ...left: IMetric[]): GraphWidget => new GraphWidget({ title, left, width: 12 });
