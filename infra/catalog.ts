import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Architecture, Code, LayerVersion, Runtime } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import * as z from "zod";

/** Models and prices as data, beside the code: new prices need no new bundle. */
export class Catalog extends Construct {
  readonly layer: LayerVersion;
  readonly version: string;

  /** `folder` holds what `layers/catalog/build.ts` wrote. */
  constructor(scope: Construct, id: string, folder: string) {
    super(scope, id);
    this.version = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(join(folder, "catalog.json"), "utf8"))).version;
    this.layer = new LayerVersion(this, "Layer", {
      code: Code.fromAsset(folder),
      description: `models and prices: ${this.version}`,
      compatibleRuntimes: [Runtime.NODEJS_24_X],
      compatibleArchitectures: [Architecture.ARM_64],
    });
  }
}
