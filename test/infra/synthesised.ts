import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, type Environment } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { afterAll } from "vitest";
import { GatewayStack } from "../../infra/gatewayStack.ts";
import { readSettings } from "../../infra/settings.ts";
import { lazy } from "../../shared/contracts/lazy.ts";

export interface Resource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

export interface Wanted {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: Environment;
  /** What is done to the stack before it is written. */
  readonly change?: (stack: GatewayStack) => void;
}

/** The stack as `cdk synth` makes it, with the flags of cdk.json, over folders that stand for what the build writes. */
export function synthesised(wanted: Wanted = {}): { readonly stack: GatewayStack; readonly template: Template } {
  const stack = gatewayStack(new App({ context: flags(), outdir: temporaryFolder("assembly") }), wanted);
  wanted.change?.(stack);
  return { stack, template: Template.fromStack(stack) };
}

export function gatewayStack(app: App, { settings: context = {}, env }: Wanted = {}): GatewayStack {
  const settings = readSettings(context);
  return new GatewayStack(app, "Gatehouse", { stackName: settings.stack, settings, assets: builtFolders(), ...(env && { env }) });
}

export const flags = (): Record<string, unknown> => JSON.parse(readFileSync(join(import.meta.dirname, "../../cdk.json"), "utf8")).context;

/** Made once a file. */
const builtFolders = lazy(() => {
  const [gateway, catalog] = [temporaryFolder("gateway"), temporaryFolder("catalog")];
  writeFileSync(join(gateway, "lambda.mjs"), "export const handler = () => {};");
  writeFileSync(join(catalog, "catalog.json"), JSON.stringify({ version: "prices@1.2.3", providers: [] }));
  return { gateway, catalog };
});

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `gatehouse-${name}-`));
  folders.push(folder);
  return folder;
}

export const resourcesOf = (template: Template): Readonly<Record<string, Resource>> => template.toJSON()["Resources"];
