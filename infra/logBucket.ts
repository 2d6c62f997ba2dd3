import { Duration, type RemovalPolicy } from "aws-cdk-lib";
import { Metric, Stats } from "aws-cdk-lib/aws-cloudwatch";
import { Grant, type IRole } from "aws-cdk-lib/aws-iam";
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket, type LifecycleRule, ObjectOwnership } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { acknowledge, acknowledgeResources } from "./acknowledge.ts";

/** What lies where in the bucket of the logs. */
export const PREFIXES = {
  calls: "calls/",
  bodies: "bodies/",
  /** Batches that the gateway wrote itself because Firehose did not take them. */
  undelivered: "undelivered/",
  /** Records that Firehose could not place or convert. */
  errors: "errors/",
  queryResults: "athena-results/",
} as const;

/** Bodies too large for a record. They expire with the others, and lie in no partition of the table. */
export const LARGE_BODIES = `${PREFIXES.bodies}objects/`;

interface LogBucketProps {
  readonly callsDays: number;
  readonly bodiesDays: number;
  readonly removal: RemovalPolicy;
}

/** Everything that is written down of the calls. Each prefix has its own time to stay. */
export class LogBucket extends Construct {
  readonly bucket: IBucket;

  constructor(scope: Construct, id: string, { callsDays, bodiesDays, removal }: LogBucketProps) {
    super(scope, id);
    const days: Readonly<Record<keyof typeof PREFIXES, number>> = {
      calls: callsDays,
      bodies: bodiesDays,
      // Both may hold bodies, and wait for somebody to put them where they belong.
      undelivered: bodiesDays,
      errors: bodiesDays,
      queryResults: QUERY_RESULT_DAYS,
    };
    const bucket = new Bucket(this, "Bucket", {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      removalPolicy: removal,
      lifecycleRules: [
        ...Object.entries(PREFIXES).map(([name, prefix]) => expiring(name, prefix, days[name as keyof typeof PREFIXES])),
        ABANDONED_UPLOADS,
      ],
      metrics: WATCHED.map((name) => ({ id: name, prefix: PREFIXES[name] })),
    });
    // The class declares `isWebsite` looser than its own interface does.
    this.bucket = bucket as IBucket;
    acknowledge(
      bucket,
      "AwsSolutions-S1",
      "an access log of a log bucket costs more than it tells; CloudTrail data events are there for audits",
    );
  }

  /** Nothing can be read back or overwritten elsewhere by whoever may only add here. */
  grantPut(grantee: IRole, ...prefixes: readonly string[]): void {
    const resourceArns = prefixes.map((prefix) => this.bucket.arnForObjects(`${prefix}*`));
    Grant.addToPrincipal({ grantee, actions: ["s3:PutObject"], resourceArns });
    acknowledgeResources(grantee, resourceArns, "objects get new names below a prefix that holds nothing else");
  }

  /** Objects written under a prefix that should stay empty; S3 tells it with a delay of some minutes. */
  metricWritten(name: (typeof WATCHED)[number]): Metric {
    const dimensionsMap = { BucketName: this.bucket.bucketName, FilterId: name };
    return new Metric({ namespace: "AWS/S3", metricName: "PutRequests", dimensionsMap, statistic: Stats.SUM, period: Duration.minutes(5) });
  }
}

const QUERY_RESULT_DAYS = 7;
const WATCHED = ["undelivered", "errors"] as const;

const expiring = (id: string, prefix: string, days: number): LifecycleRule => ({ id, prefix, expiration: Duration.days(days) });

const ABANDONED_UPLOADS: LifecycleRule = { id: "abandonedUploads", abortIncompleteMultipartUploadAfter: Duration.days(7) };
