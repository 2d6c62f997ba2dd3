import { Aws, Stack } from "aws-cdk-lib";
import { CfnNamedQuery, CfnWorkGroup } from "aws-cdk-lib/aws-athena";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { PREFIXES } from "./logBucket.ts";

interface QueriesProps {
  readonly bucket: IBucket;
  readonly databaseName: string;
  readonly queryLimitGb: number;
}

/** Where questions are asked: a workgroup that ends a query which reads too much, and the questions that everybody has. */
export class Queries extends Construct {
  readonly workGroup: CfnWorkGroup;

  constructor(scope: Construct, id: string, { bucket, databaseName, queryLimitGb }: QueriesProps) {
    super(scope, id);
    this.workGroup = new CfnWorkGroup(this, "WorkGroup", {
      name: Stack.of(this).stackName,
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: queryLimitGb * 1e9,
        engineVersion: { selectedEngineVersion: "Athena engine version 3" },
        resultConfiguration: {
          outputLocation: bucket.s3UrlForObject(PREFIXES.queryResults),
          expectedBucketOwner: Aws.ACCOUNT_ID,
          encryptionConfiguration: { encryptionOption: "SSE_S3" },
        },
      },
    });
    for (const [name, queryString] of Object.entries(NAMED_QUERIES)) {
      new CfnNamedQuery(this, name, { name, database: databaseName, queryString, workGroup: this.workGroup.ref });
    }
  }
}

/**
 * Firehose delivers at least once, so every question but the first is put to a view without the copies. The window has
 * the partitions in it: a filter on `dt` outside the view still prunes.
 */
const NAMED_QUERIES = {
  "1-create-view-calls_once": `CREATE OR REPLACE VIEW calls_once AS
SELECT * FROM (
  SELECT *, row_number() OVER (PARTITION BY dt, hour, request_id ORDER BY settled_at DESC) AS copy FROM calls
) WHERE copy = 1`,
  "2-cost-this-month": `SELECT team, account, model_served, count(*) AS calls, sum(charged_cost_nano_usd) / 1e9 AS usd,
  count_if(cost_status = 'unpriced') AS unpriced
FROM calls_once
WHERE dt >= date_format(date_trunc('month', current_date), '%Y-%m-%d')
GROUP BY 1, 2, 3 ORDER BY usd DESC NULLS LAST`,
  "3-failures-today": `SELECT account, model_asked, status, error_code, count(*) AS calls
FROM calls_once
WHERE dt = date_format(current_date, '%Y-%m-%d') AND "end" <> 'complete'
GROUP BY 1, 2, 3, 4 ORDER BY calls DESC`,
} as const;
