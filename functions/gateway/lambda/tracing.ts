import type { CallRecord } from "../../../shared/contracts/record.ts";

/** A call's part of a trace, from its event to the end of its settling. An environment serves one call at a time. */
export interface Tracing {
  begin(): void;
  annotate(record: CallRecord): void;
  end(): void;
}

const NO_TRACING: Tracing = { begin: () => {}, annotate: () => {}, end: () => {} };

/** The X-Ray SDK is 0.3 MB, so whoever does not trace never loads it. */
export async function openTracing(mode: "on" | "off"): Promise<Tracing> {
  if (mode === "off") return NO_TRACING;
  const { xrayTracing } = await import("./xrayTracing.ts");
  return xrayTracing();
}
