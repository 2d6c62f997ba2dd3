import { guardrailsFor } from "../guardrails/index.ts";
import { findProvider, providers as table } from "../providers/table.ts";
import type { Config } from "./config.ts";
import { describeIssues } from "./describeIssues.ts";
import type { GatehouseFile } from "./gatehouseFile.ts";

/** Names in the file that lead nowhere, each with its path. `others`: slugs of providers that are set up elsewhere. */
export function brokenReferences(file: GatehouseFile, others: readonly string[]): readonly string[] {
  const accounts = new Set([...Object.keys(file.providers), ...others]);
  const lines: string[] = [];
  const expect = (isKnown: boolean, path: string, problem: string) => {
    if (!isKnown) lines.push(`${path}: ${problem}`);
  };

  for (const [slug, account] of Object.entries(file.providers)) {
    const row = findProvider(account.provider);
    expect(row !== undefined, `providers.${slug}.provider`, `no vendor of this name; known are ${[...table.keys()].join(", ")}`);
    expect(row?.baseUrl !== undefined || account.base_url !== undefined || !row, `providers.${slug}.base_url`, "this vendor needs one");
    expect(row?.keyOptional === true || account.secret !== undefined || !row, `providers.${slug}.secret`, "this vendor needs one");
  }
  for (const [name, key] of Object.entries(file.keys)) {
    expect(key.team === undefined || Object.hasOwn(file.teams, key.team), `keys.${name}.team`, "no team of this name");
    expect(key.config === undefined || Object.hasOwn(file.configs, key.config), `keys.${name}.config`, "no config of this name");
    for (const [index, slug] of (key.providers ?? []).entries())
      expect(accounts.has(slug), `keys.${name}.providers.${index}`, "no provider of this name");
  }
  for (const [slug, config] of Object.entries(file.configs)) checkConfig(config, `configs.${slug}`);
  for (const [slug, document] of Object.entries(file.guardrails)) {
    const readings = (["input", "output"] as const).map((side) => guardrailsFor(side).element.safeParse(document));
    if (readings.some(({ success }) => success)) continue;
    for (const line of readings[0]?.error ? describeIssues(readings[0].error) : []) lines.push(`guardrails.${slug}.${line}`);
  }
  return lines;

  function checkConfig(config: Config, path: string): void {
    const named = config.provider ?? config.virtual_key;
    const slug = named?.replace(/^@/, "");
    const isVendor = Object.values(file.providers).some(({ provider }) => provider === slug);
    expect(
      slug === undefined || accounts.has(slug) || isVendor,
      `${path}.${config.provider ? "provider" : "virtual_key"}`,
      "no provider of this name",
    );
    for (const side of ["input_guardrails", "output_guardrails", "before_request_hooks", "after_request_hooks"] as const) {
      for (const [index, item] of (config[side] ?? []).entries()) {
        expect(typeof item !== "string" || Object.hasOwn(file.guardrails, item), `${path}.${side}.${index}`, "no guardrail of this name");
      }
    }
    for (const [index, target] of (config.targets ?? []).entries()) checkConfig(target, `${path}.targets.${index}`);
  }
}
