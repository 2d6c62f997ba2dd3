import { RemovalPolicy, Stack } from "aws-cdk-lib";
import { type Column, Database } from "aws-cdk-lib/aws-glue";
import { Grant, type IRole } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { Construct } from "constructs";
import { LARGE_BODIES, LogBucket, PREFIXES } from "./logBucket.ts";
import { LogTable } from "./logTable.ts";
import { Queries } from "./queries.ts";

interface AnalyticsProps {
  readonly columns: { readonly calls: Column[]; readonly bodies: Column[] };
  readonly callsDays: number;
  readonly bodiesDays: number;
  readonly queryLimitGb: number;
  readonly removal: RemovalPolicy;
}

/** What is known of the calls afterwards: from the stream to the query. */
export class Analytics extends Construct {
  readonly logs: LogBucket;
  readonly calls: LogTable;
  readonly bodies: LogTable;
  readonly bodiesKey: Key;
  readonly queries: Queries;
  readonly databaseName: string;

  constructor(scope: Construct, id: string, { columns, callsDays, bodiesDays, queryLimitGb, removal }: AnalyticsProps) {
    super(scope, id);
    this.logs = new LogBucket(this, "Logs", { callsDays, bodiesDays, removal });
    this.databaseName = Stack.of(this).stackName.replaceAll("-", "_");
    const database = new Database(this, "Database", { databaseName: this.databaseName, removalPolicy: RemovalPolicy.DESTROY });
    // What was said has a key of its own: who may read the log of the calls may not thereby read this.
    this.bodiesKey = new Key(this, "BodiesKey", {
      description: "what was said through the gateway",
      enableKeyRotation: true,
      removalPolicy: removal,
    });
    const shared = { database, bucket: this.logs.bucket };
    this.calls = new LogTable(this, "Calls", { ...shared, name: "calls", columns: columns.calls, days: callsDays });
    this.bodies = new LogTable(this, "Bodies", {
      ...shared,
      name: "bodies",
      columns: columns.bodies,
      days: bodiesDays,
      encryptionKey: this.bodiesKey,
    });
    this.queries = new Queries(this, "Queries", { bucket: this.logs.bucket, databaseName: this.databaseName, queryLimitGb });
  }

  /** Only in batches: one request for many records. */
  grantDeliver(grantee: IRole): void {
    const resourceArns = [this.calls, this.bodies].map(({ stream }) => stream.deliveryStreamArn);
    Grant.addToPrincipal({ grantee, actions: ["firehose:PutRecordBatch"], resourceArns });
    this.logs.grantPut(grantee, PREFIXES.undelivered, LARGE_BODIES);
  }
}
