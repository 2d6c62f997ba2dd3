import { FirehoseClient, type FirehoseClientConfig } from "@aws-sdk/client-firehose";
import { S3Client } from "@aws-sdk/client-s3";
import type { GatewayEnvironment } from "../../../shared/contracts/environment.ts";
import { firehose } from "../../../shared/ports/aws/firehose.ts";
import type { Clock, LogSink } from "../../../shared/ports/ports.ts";

export interface FirehoseLogOptions {
  readonly environment: GatewayEnvironment;
  readonly config: Pick<FirehoseClientConfig, "region" | "requestHandler">;
  readonly clock: Clock;
  /** Given the records of calls that nobody else took. */
  readonly lastResort: (line: string) => void;
}

/** In a file of its own, since it is needed after an answer, not before it. */
export function firehoseLog({ environment, config, clock, lastResort }: FirehoseLogOptions): LogSink {
  // Firehose's retries are the adapter's, which sends again only what was not taken.
  return firehose(new FirehoseClient({ ...config, maxAttempts: 1 }), new S3Client(config as object), {
    callsStream: environment.CALLS_STREAM,
    bodiesStream: environment.BODIES_STREAM,
    undeliveredBucket: environment.UNDELIVERED_BUCKET,
    clock,
    lastResort,
  });
}
