import { Tracer } from "@aws-lambda-powertools/tracer";
import type { Tracing } from "./tracing.ts";

type Segment = NonNullable<ReturnType<Tracer["getSegment"]>>;

/**
 * One subsegment for each call. Powertools' own middleware closes it before the body streams, and following every HTTPS
 * request would send trace headers to providers: neither is used.
 */
export function xrayTracing(): Tracing {
  const tracer = new Tracer({ captureHTTPsRequests: false });
  let open: { readonly parent: Segment; readonly call: ReturnType<Segment["addNewSubsegment"]> } | undefined;

  return {
    begin() {
      const parent = tracer.isTracingEnabled() ? tracer.getSegment() : undefined;
      if (!parent) return;
      open = { parent, call: parent.addNewSubsegment("## call") };
      tracer.setSegment(open.call);
      tracer.annotateColdStart();
      tracer.addServiceNameAnnotation();
    },
    annotate({ request_id, status, end, provider, operation, cache }) {
      const annotations = { request_id, status, end, provider, operation, cache };
      for (const [name, value] of Object.entries(annotations)) if (value !== null) tracer.putAnnotation(name, value);
    },
    end() {
      open?.call.close();
      if (open) tracer.setSegment(open.parent);
      open = undefined;
    },
  };
}
