import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";
import * as z from "zod";
import packageJson from "../../package.json" with { type: "json" };
import { gatewayEnvironmentSchema } from "../../shared/contracts/environment.ts";
import { gatewayHandler } from "./lambda/handler.ts";
import { openLambdaHouse } from "./lambda/services.ts";
import { openTracing } from "./lambda/tracing.ts";
import { DEFAULT_TIMEOUTS, type Settings } from "./services.ts";

/** An event holds 6 MB, and a body that is not text grows by a third in it. */
const MAX_REQUEST_BYTES = 4_400_000;

const environment = z
  .object({ AWS_REGION: z.string(), POWERTOOLS_SERVICE_NAME: z.string().default("gatehouse") })
  .and(gatewayEnvironmentSchema)
  .parse(process.env);

const settings: Settings = {
  version: packageJson.version,
  region: environment.AWS_REGION,
  log: environment.LOG_MODE,
  maxRequestBytes: MAX_REQUEST_BYTES,
  timeouts: DEFAULT_TIMEOUTS,
};
const serviceName = environment.POWERTOOLS_SERVICE_NAME;
const house = openLambdaHouse(environment, settings, {
  logger: new Logger({ serviceName }),
  metrics: new Metrics({ namespace: "Gatehouse", serviceName }),
  tracing: await openTracing(environment.TRACING),
});
await house.warmUp();

export const handler = gatewayHandler(house);
