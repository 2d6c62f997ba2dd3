import { type Config, configSchema } from "../../../shared/config/config.ts";
import { describeIssues } from "../../../shared/config/describeIssues.ts";
import { type Call, gatewayHeader } from "../../../shared/contracts/call.ts";
import { GatewayError } from "../../../shared/contracts/error.ts";
import { isJsonObject } from "../../../shared/contracts/json.ts";
import type { VirtualKey } from "../../../shared/contracts/key.ts";
import type { Services } from "../services.ts";
import { fromStore } from "./fromStore.ts";

export interface ChosenConfig {
  readonly document: Config;
  readonly saved: { readonly slug: string; readonly version: number } | undefined;
}

const NO_CONFIG: ChosenConfig = { document: {}, saved: undefined };

/** The request's config, else the key's own. A config in the header is a document, or the slug of a saved one. */
export async function chooseConfig({ headers }: Call, key: VirtualKey, { directory }: Pick<Services, "directory">): Promise<ChosenConfig> {
  const header = gatewayHeader(headers, "config")?.trim();
  if (header && !key.allow_config_override && header !== key.config) {
    throw new GatewayError("config_override_forbidden", "this virtual key may not choose its config", {
      remedy: "Leave the config header out",
    });
  }
  if (header?.startsWith("{")) return { document: readConfig(header), saved: undefined };
  const slug = header || key.config;
  if (!slug) return NO_CONFIG;
  const saved = await fromStore(directory.config(slug), "configs");
  if (saved) return { document: saved.document, saved: { slug, version: saved.version } };
  throw new GatewayError(
    "invalid_config",
    header ? "the config header names no saved config" : "the default config of this virtual key does not exist",
  );
}

function readConfig(header: string): Config {
  const document = parseJson(header);
  checkSize(document);
  const { data, error } = configSchema.safeParse(document);
  if (data) return data;
  throw new GatewayError("invalid_config", `the config is not valid: ${describeIssues(error).join("; ")}`, { param: "x-gatehouse-config" });
}

const MAX_NODES = 64;
const MAX_LEVELS = 16;

/** One request must not become thousands of the provider's, which its limits would count as one, nor go deeper than a call stack. */
function checkSize(document: unknown): void {
  let nodes = 0;
  let level = [document];
  for (let depth = 1; level.length > 0; depth += 1) {
    nodes += level.length;
    if (nodes > MAX_NODES || depth > MAX_LEVELS) {
      throw new GatewayError("invalid_config", `the config has more than ${MAX_NODES} targets, or more than ${MAX_LEVELS} levels of them`, {
        param: "x-gatehouse-config",
      });
    }
    level = level.flatMap((node) => (isJsonObject(node) && Array.isArray(node.targets) ? node.targets : []));
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new GatewayError("invalid_config", "the config header is not valid JSON", { param: "x-gatehouse-config", cause });
  }
}
