import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import middy from "@middy/core";
import { executionModeStreamifyResponse } from "@middy/core/StreamifyResponse";
import type { Incoming, Outgoing } from "../../../shared/contracts/call.ts";
import type { RemainingTime } from "../../../shared/runtime/lambdaTime.ts";
import { answerEvent, type FunctionUrlEvent, type FunctionUrlResponse } from "../../../shared/runtime/lambdaUrl.ts";
import { serve } from "../serve.ts";
import type { LambdaHouse } from "./services.ts";

/**
 * What Lambda calls. Middlewares only open things: middy runs their `after` before the body streams, so whatever belongs to
 * the end of a call is part of settling, and `requestEnd`, which comes after the last byte, waits for that.
 */
export function gatewayHandler({ services, logger, metrics, tracing, refresh }: LambdaHouse) {
  const { clock } = services;
  const options = {
    clock,
    async serve(incoming: Incoming, outgoing: Outgoing) {
      await serve(incoming, outgoing, services);
      refresh();
      tracing.end();
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    },
  };
  return middy<FunctionUrlEvent, FunctionUrlResponse>({
    executionMode: executionModeStreamifyResponse,
    timeoutEarlyInMillis: 0, // a call has its own clocks, which also hold while it streams
    requestEnd: ({ response }) => response?.body.delivered(),
  })
    .use(injectLambdaContext(logger))
    .before(({ context }) => {
      refresh();
      metrics.captureColdStartMetric(context.functionName);
      tracing.begin();
    })
    .handler((event: FunctionUrlEvent, context: RemainingTime) => answerEvent(event, context, options));
}
