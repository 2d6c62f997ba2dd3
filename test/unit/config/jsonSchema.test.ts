import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { jsonSchemaOfFile } from "../../../shared/config/jsonSchema.ts";

const published = JSON.parse(readFileSync(join(import.meta.dirname, "../../../docs/gatehouse.schema.json"), "utf8"));

test("the published schema of gatehouse.json is the one that is enforced: `npm run schema` writes it anew", () => {
  expect(published).toEqual(JSON.parse(JSON.stringify(jsonSchemaOfFile())));
});

test("an editor is told of every section, and that others are not known", () => {
  expect(Object.keys(published.properties)).toEqual([
    "$schema",
    "teams",
    "providers",
    "keys",
    "configs",
    "guardrails",
    "prompts",
    "policies",
  ]);
  expect(published.additionalProperties).toBe(false);
});
