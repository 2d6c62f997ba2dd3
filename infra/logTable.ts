import { Duration, RemovalPolicy, Size } from "aws-cdk-lib";
import {
  type CfnTable,
  type Column,
  type Database,
  DataFormat,
  PartitionProjectionConfiguration,
  S3Table,
  S3TableStorage,
  Schema,
} from "aws-cdk-lib/aws-glue";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  DeliveryStream,
  EnableLogging,
  MetadataExtractionProcessor,
  OpenXJsonInputFormat,
  ParquetOutputFormat,
  S3Bucket,
  SchemaConfiguration,
  StreamEncryption,
} from "aws-cdk-lib/aws-kinesisfirehose";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { acknowledgeActions, acknowledgeResources } from "./acknowledge.ts";
import { PREFIXES } from "./logBucket.ts";

interface LogTableProps {
  readonly name: "calls" | "bodies";
  readonly columns: Column[];
  /** How far back queries look, since older objects are gone. */
  readonly days: number;
  readonly database: Database;
  readonly bucket: IBucket;
  /** Absent: the bucket's own encryption. */
  readonly encryptionKey?: IKey;
}

/** A kind of record: the stream that takes it, the Parquet files it becomes, the table in which Athena finds them. */
export class LogTable extends Construct {
  readonly stream: DeliveryStream;

  constructor(scope: Construct, id: string, props: LogTableProps) {
    super(scope, id);
    const table = glueTable(this, props);
    const role = new Role(this, "StreamRole", { assumedBy: new ServicePrincipal("firehose.amazonaws.com") });
    const errorLog = new LogGroup(this, "StreamErrors", { retention: RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.DESTROY });
    this.stream = new DeliveryStream(this, "Stream", {
      destination: parquet({ ...props, role, table, errorLog }),
      encryption: StreamEncryption.awsOwnedKey(),
    });
    acknowledgeActions(role, OBJECT_ACTIONS, "CDK's grants for Firehose, on the bucket of the logs");
    acknowledgeResources(role, [props.bucket.arnForObjects("*")], "the objects of the logs");
    acknowledgeResources(role, ["*"], "glue:GetSchemaVersion knows no resources");
    if (props.encryptionKey) acknowledgeActions(role, KEY_ACTIONS, "CDK's grants for Firehose, on the key of the bodies");
  }
}

const OBJECT_ACTIONS = ["s3:Abort*", "s3:DeleteObject*", "s3:GetBucket*", "s3:GetObject*", "s3:List*"];
const KEY_ACTIONS = ["kms:GenerateDataKey*", "kms:ReEncrypt*"];

/** Partitions are computed from the query, so nobody has to register a new hour. */
function glueTable(scope: Construct, { name, columns, days, database, bucket }: LogTableProps): CfnTable {
  const table = new S3Table(scope, "Table", {
    tableName: name,
    database,
    columns,
    partitionKeys: ["dt", "hour"].map((column) => ({ name: column, type: Schema.STRING })),
    partitionProjection: {
      dt: PartitionProjectionConfiguration.date({ min: `NOW-${days}DAYS`, max: "NOW+1DAYS", format: "yyyy-MM-dd" }),
      hour: PartitionProjectionConfiguration.enum({ values: HOURS }),
    },
    dataFormat: DataFormat.PARQUET,
    storage: S3TableStorage.fromBucket(bucket),
    s3Prefix: PREFIXES[name],
  });
  return table.node.defaultChild as CfnTable;
}

const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, "0"));

/** Placed by the time of the call, not of the delivery: a record that comes a day late lies where it is looked for. */
const EVENT_TIME = MetadataExtractionProcessor.jq16({ dt: ".started_at[0:10]", hour: ".started_at[11:13]" });

interface ParquetProps extends LogTableProps {
  readonly role: Role;
  readonly table: CfnTable;
  readonly errorLog: LogGroup;
}

const parquet = ({ name, bucket, encryptionKey, role, table, errorLog }: ParquetProps): S3Bucket =>
  new S3Bucket(bucket, {
    role,
    loggingConfig: new EnableLogging(errorLog),
    processors: [EVENT_TIME],
    dynamicPartitioning: { enabled: true },
    dataOutputPrefix: `${PREFIXES[name]}dt=!{partitionKeyFromQuery:dt}/hour=!{partitionKeyFromQuery:hour}/`,
    errorOutputPrefix: `${PREFIXES.errors}${name}/!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/`,
    bufferingInterval: Duration.minutes(5),
    bufferingSize: Size.mebibytes(128),
    dataFormatConversion: {
      schemaConfiguration: SchemaConfiguration.fromCfnTable(table),
      // Metadata is a map whose keys are the operator's: they keep their case.
      inputFormat: new OpenXJsonInputFormat({ lowercaseColumnNames: false }),
      outputFormat: new ParquetOutputFormat(),
    },
    ...(encryptionKey && { encryptionKey }),
  });
