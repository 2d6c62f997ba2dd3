import { Agent as HttpAgent } from "node:http";
import { Agent } from "node:https";
import type { Clock } from "../../../shared/ports/ports.ts";

const KEPT_ALIVE = { keepAlive: true, keepAliveMsecs: 15_000, maxSockets: 64 } as const;

/** Servers close a connection that nobody uses for a while, and a frozen process learns of it when it writes into it. */
const MAX_IDLE_MS = 20_000;

/** One pool of connections for all clients of AWS, so that one that is opened during init serves whoever comes first. */
export function connectionPool(clock: Clock) {
  const [httpAgent, httpsAgent] = [new HttpAgent(KEPT_ALIVE), new Agent(KEPT_ALIVE)];
  let usedAt = clock.monotonic();

  return {
    requestHandler: { httpAgent, httpsAgent, connectionTimeout: 1_000 },
    /** At both ends of an invocation: drops what has been idle for too long, since a write to a counter is never sent twice. */
    refresh(): void {
      const now = clock.monotonic();
      if (now - usedAt > MAX_IDLE_MS) for (const socket of [httpAgent, httpsAgent].flatMap(idleSockets)) socket.destroy();
      usedAt = now;
    },
  };
}

const idleSockets = ({ freeSockets }: HttpAgent) => Object.values(freeSockets).flatMap((sockets) => sockets ?? []);
