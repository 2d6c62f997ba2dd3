import { Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  ApplicationLogLevel,
  Architecture,
  Code,
  type FunctionUrl,
  FunctionUrlAuthType,
  type ILayerVersion,
  InvokeMode,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
  Tracing,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { GatewayEnvironment } from "../shared/contracts/environment.ts";
import { acknowledgeResources } from "./acknowledge.ts";
import type { Analytics } from "./analytics.ts";
import type { ProviderSecrets } from "./providerSecrets.ts";
import type { Settings } from "./settings.ts";
import type { Storage } from "./storage.ts";

interface GatewayFunctionProps {
  readonly settings: Pick<Settings, "memoryMb" | "reservedConcurrency" | "logMode" | "tracing">;
  /** The folder of the bundle. */
  readonly code: string;
  readonly catalog: ILayerVersion;
  readonly storage: Storage;
  readonly secrets: ProviderSecrets;
  readonly analytics: Analytics;
}

/** The data plane: one streaming function behind its own address. It stays out of a VPC, where function URLs cannot stream. */
export class GatewayFunction extends Construct {
  readonly function: LambdaFunction;
  readonly url: FunctionUrl;
  /** The dimension that all of the function's own metrics have: it keeps gateways in one account apart. */
  readonly serviceName: string;

  constructor(scope: Construct, id: string, props: GatewayFunctionProps) {
    super(scope, id);
    this.serviceName = Stack.of(this).stackName;
    const { reservedConcurrency, memoryMb, tracing } = props.settings;
    const logGroup = new LogGroup(this, "Log", { retention: RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.DESTROY });
    this.function = new LambdaFunction(this, "Function", {
      // Nothing refers to the source maps of the bundle: they are for whoever reads a stack trace.
      code: Code.fromAsset(props.code, { exclude: ["**/*.map"] }),
      handler: "lambda.handler",
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      layers: [props.catalog],
      role: gatewayRole(this, logGroup, props),
      environment: { ...environment(props), POWERTOOLS_SERVICE_NAME: this.serviceName },
      memorySize: memoryMb,
      timeout: Duration.seconds(900),
      tracing: tracing === "on" ? Tracing.ACTIVE : Tracing.DISABLED,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      // Two lines a call that say nothing which the record of the call does not say.
      systemLogLevelV2: SystemLogLevel.WARN,
      ...(reservedConcurrency !== "none" && { reservedConcurrentExecutions: reservedConcurrency }),
    });
    // Callers prove themselves with virtual keys: SDKs of model vendors cannot sign for AWS.
    this.url = this.function.addFunctionUrl({ authType: FunctionUrlAuthType.NONE, invokeMode: InvokeMode.RESPONSE_STREAM });
  }
}

/** All that the gateway may do. There is no managed policy in it: those allow every log group of the account. */
function gatewayRole(scope: Construct, logGroup: LogGroup, { storage, secrets, analytics, settings }: GatewayFunctionProps): Role {
  const role = new Role(scope, "Role", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
  storage.grantReadControl(role);
  storage.grantReadWriteLive(role);
  secrets.grantRead(role);
  analytics.grantDeliver(role);
  logGroup.grantWrite(role);
  if (settings.tracing === "on") acknowledgeResources(role, ["*"], "X-Ray knows no resources");
  return role;
}

const environment = ({ settings, storage, secrets, analytics }: GatewayFunctionProps): GatewayEnvironment => ({
  CONTROL_TABLE: storage.control.tableName,
  LIVE_TABLE: storage.live.tableName,
  SECRETS_PREFIX: secrets.prefix,
  CALLS_STREAM: analytics.calls.stream.deliveryStreamName,
  BODIES_STREAM: analytics.bodies.stream.deliveryStreamName,
  UNDELIVERED_BUCKET: analytics.logs.bucket.bucketName,
  LOG_MODE: settings.logMode,
  TRACING: settings.tracing,
});
