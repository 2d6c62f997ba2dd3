import { configSchema, type Config } from "../../../shared/config/config.ts";
import { describeIssues } from "../../../shared/config/describeIssues.ts";
import { type Call, gatewayHeader } from "../../../shared/contracts/call.ts";
import { GatewayError } from "../../../shared/contracts/error.ts";
import type { VirtualKey } from "../../../shared/contracts/key.ts";
import type { Services } from "../services.ts";

export interface ChosenConfig {
  readonly document: Config;
  readonly saved: { readonly slug: string; readonly version: number } | undefined;
}

const NO_CONFIG: ChosenConfig = { document: {}, saved: undefined };

/** The request's config, else the key's own. A config in the header is a document, or the slug of a saved one. */
export async function chooseConfig({ headers }: Call, key: VirtualKey, { directory }: Pick<Services, "directory">): Promise<ChosenConfig> {
  const header = gatewayHeader(headers, "config")?.trim();
  if (header && !key.allow_config_override && header !== key.config) {
    throw new GatewayError("config_override_forbidden", "this virtual key may not choose its config", { remedy: "Leave the config header out" });
  }
  if (header?.startsWith("{")) return { document: readConfig(header), saved: undefined };
  const slug = header || key.config;
  if (!slug) return NO_CONFIG;
  const saved = await directory.config(slug);
  if (saved) return { document: saved.document, saved: { slug, version: saved.version } };
  throw new GatewayError("invalid_config", header ? "the config header names no saved config" : "the default config of this virtual key does not exist");
}

function readConfig(header: string): Config {
  const { data, error } = configSchema.safeParse(parseJson(header));
  if (data) return data;
  throw new GatewayError("invalid_config", `the config is not valid: ${describeIssues(error).join("; ")}`, { param: "x-gatehouse-config" });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new GatewayError("invalid_config", "the config header is not valid JSON", { param: "x-gatehouse-config", cause });
  }
}
