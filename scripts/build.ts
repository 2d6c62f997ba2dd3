// `npm run build`: bundles the gateway function into dist/gateway, runs it once as Lambda would, and says what a cold start costs.
import { relative } from "node:path";
import { builtGateway } from "../test/support/lambda/builtGateway.ts";
import type { EvaluatedFile } from "../test/support/lambda/evaluated.ts";
import { buildGateway, GATEWAY_FOLDER, MAPS_FOLDER } from "./buildGateway.ts";

const MAX_EVALUATED_BYTES = 1_000_000;

await buildGateway(GATEWAY_FOLDER, MAPS_FOLDER);
const { evaluated, initMs, firstByteMs } = await firstAnswer(GATEWAY_FOLDER);
const bytes = evaluated.reduce((sum, file) => sum + file.bytes, 0);
for (const file of evaluated) console.log(`${kilobytes(file.bytes).padStart(9)}  ${relative(GATEWAY_FOLDER, file.path)}`);
console.log(`${kilobytes(bytes).padStart(9)}  evaluated before the first answer, of ${kilobytes(MAX_EVALUATED_BYTES)} at most`);
console.log(
  `init ${Math.round(initMs)} ms, then ${Math.round(firstByteMs)} ms to the first byte, on this machine with everything on loopback`,
);
if (bytes > MAX_EVALUATED_BYTES)
  throw new Error("the gateway evaluates too much before its first answer: what is rare must be loaded on first use");

/** A whole call of a cold environment, through every stage to a provider. */
async function firstAnswer(folder: string): Promise<{ evaluated: readonly EvaluatedFile[]; initMs: number; firstByteMs: number }> {
  const gateway = await builtGateway({ folder, key: { limits: [{ type: "requests", value: 10, window: "minute" }] } });
  try {
    const { ms: initMs } = await gateway.environment.initialized;
    const askedAt = performance.now();
    const { response, done } = await gateway.chat();
    const firstByteMs = performance.now() - askedAt;
    if (response.status !== 200) throw new Error(`the built gateway answered ${response.status}: ${await response.text()}`);
    await response.text();
    await done;
    return { evaluated: await gateway.environment.firstAnswer, initMs, firstByteMs };
  } finally {
    await gateway.close();
  }
}

function kilobytes(count: number): string {
  return `${(count / 1000).toFixed(0)} kB`;
}
