import { demoUpstream } from "../../shared/ports/embedded/demoUpstream.ts";
import { httpUpstream } from "../../shared/ports/node/httpUpstream.ts";
import { succeededBy } from "../../shared/ports/node/succeededBy.ts";
import { undiciUpstream } from "../../shared/ports/node/undiciUpstream.ts";
import type { Clock, Upstream } from "../../shared/ports/ports.ts";
import type { Services } from "../gateway/services.ts";

/** The demo provider in the process, and the others by HTTP: the first call by what is there at once, the rest by what is faster. */
export function localUpstream(clock: Clock, connectMs: number, report: Services["report"]): Upstream & { close(): void } {
  const opened: { close(): void }[] = [];
  const open = <Adapter extends { close(): void }>(adapter: Adapter): Adapter => {
    opened.push(adapter);
    return adapter;
  };
  const load = async () => open(undiciUpstream(await import("undici"), connectMs));
  const http = succeededBy(open(httpUpstream()), load, (cause) => report("undici could not be loaded", cause));
  return {
    ...demoUpstream(http, clock),
    close() {
      for (const adapter of opened) adapter.close();
    },
  };
}
