import packageJson from "../package.json" with { type: "json" };
import { brokenReferences } from "../shared/config/references.ts";
import { DataFolderError, openDataFolder } from "../shared/ports/embedded/dataFolder.ts";
import { listen, type NodeServer } from "../shared/runtime/nodeServer.ts";
import { ApplyError, applyFile } from "../shared/state/applyFile.ts";
import { serve } from "./gateway/serve.ts";
import { DEFAULT_TIMEOUTS, type Settings } from "./gateway/services.ts";
import { firstFile, withEnvironment } from "./local/firstFile.ts";
import { type LocalOptions, readOptions, UsageError } from "./local/options.ts";
import { type LocalHouse, openHouse } from "./local/services.ts";

const SETTINGS: Settings = {
  version: packageJson.version,
  region: "local",
  log: "full",
  maxRequestBytes: 32 * 1024 * 1024,
  timeouts: DEFAULT_TIMEOUTS,
};

/** How long running calls may go on after SIGTERM. */
const DRAIN_MS = 30_000;

try {
  await start(readOptions(process.argv.slice(2)));
} catch (error) {
  const isKnown = error instanceof UsageError || error instanceof DataFolderError || error instanceof ApplyError;
  console.error(isKnown ? `gatehouse: ${error.message}` : error);
  process.exit(1);
}

async function start(options: LocalOptions): Promise<void> {
  const house = openHouse(openDataFolder(options.data), SETTINGS, process.env);
  const demoKey = await furnish(house, options);
  const server = await listenAt(house, options);
  const address = `http://${options.host.includes(":") ? `[${options.host}]` : options.host}:${server.port}`;
  console.log(`gatehouse ${SETTINGS.version} at ${address}/v1, data in ${options.data}`);
  if (demoKey) console.log(`try it:\n\n${firstCall(address, demoKey)}\n`);
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void stop(server, house, signal));
}

/** Applies the file, or sets up the demo where there is none; gives the demo's key. */
async function furnish({ control, secrets, clock }: LocalHouse, { file }: LocalOptions): Promise<string | undefined> {
  const first = file ? undefined : await firstFile(secrets, clock);
  const whole = withEnvironment(file ?? (first?.file as NonNullable<typeof file>), process.env);
  const broken = brokenReferences(whole, []);
  if (broken.length > 0) throw new ApplyError(broken.join("; "));
  await applyFile(whole, control, secrets);
  return first?.demoKey;
}

async function listenAt({ services, clock }: LocalHouse, { host, port }: LocalOptions): Promise<NodeServer> {
  try {
    return await listen({
      host,
      port,
      clock,
      maxRequestBytes: SETTINGS.maxRequestBytes,
      serve: (incoming, outgoing) => serve(incoming, outgoing, services),
    });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") throw new UsageError(`port ${port} is taken; stop what uses it or choose another with --port`, { cause });
    throw new UsageError(`cannot listen on ${host}:${port} (${code})`, { cause });
  }
}

async function stop(server: NodeServer, house: LocalHouse, signal: string): Promise<void> {
  console.log(`gatehouse: ${signal}, draining`);
  process.once(signal, () => process.exit(1));
  await server.drain(DRAIN_MS);
  await house.close();
  process.exit(0);
}

function firstCall(address: string, key: string): string {
  const body = JSON.stringify({ model: "@demo/echo", messages: [{ role: "user", content: "Hello" }] });
  return [
    `curl ${address}/v1/chat/completions`,
    "-H 'content-type: application/json'",
    `-H 'authorization: Bearer ${key}'`,
    `-d '${body}'`,
  ].join(" \\\n  ");
}
