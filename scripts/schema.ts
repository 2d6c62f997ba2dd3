// Writes the JSON Schema of gatehouse.json to docs/, for editors: `npm run schema`.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { jsonSchemaOfFile } from "../shared/config/jsonSchema.ts";

const path = join(import.meta.dirname, "../docs/gatehouse.schema.json");
writeFileSync(path, `${JSON.stringify(jsonSchemaOfFile(), null, 2)}\n`);
console.log(`wrote ${path}`);
