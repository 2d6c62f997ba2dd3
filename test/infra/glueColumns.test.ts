import { expect, test } from "vitest";
import * as z from "zod";
import { glueColumns } from "../../infra/glueColumns.ts";

const typeOf = (schema: z.ZodType): string | undefined => glueColumns(z.object({ column: schema }))[0]?.type.inputString;

test.each([
  [z.string(), "string"],
  [z.iso.datetime(), "string"],
  [z.enum(["a", "b"]), "string"],
  [z.literal("a"), "string"],
  [z.boolean(), "boolean"],
  [z.int(), "bigint"],
  [z.int32(), "bigint"],
  [z.number().int().nonnegative(), "bigint"],
  [z.literal(1), "bigint"],
  [z.number(), "double"],
  [z.number().nullable(), "double"],
  [z.string().optional(), "string"],
  [z.array(z.int().nullable()), "array<bigint>"],
  [z.record(z.string(), z.array(z.string())), "map<string,array<string>>"],
  [z.object({ a: z.int(), b: z.array(z.object({ c: z.boolean() })) }).nullable(), "struct<a:bigint,b:array<struct<c:boolean>>>"],
])("%#: a schema has its Glue type", (schema, type) => {
  expect(typeOf(schema)).toBe(type);
});

test("a description becomes the comment, wherever it was written", () => {
  const columns = glueColumns(z.object({ a: z.string().describe("outside").nullable(), b: z.number().nullable().describe("of all") }));
  expect(columns.map(({ comment }) => comment)).toEqual(["outside", "of all"]);
});

test.each([
  [z.object({ a: z.union([z.string(), z.number()]) }), "a: there is no Glue type"],
  [z.object({ a: z.object({ b: z.array(z.date()) }) }), "a.b[]: there is no Glue type"],
  [z.object({ a: z.literal([1, "b"]) }), "a: there is no Glue type"],
  [z.object({ camelCase: z.string() }), "camelCase: the name of a column"],
  [z.object({ a: z.object({ "with space": z.string() }) }), "with space: the name of a column"],
])("%#: what Athena could not read is refused with its path", (schema, message) => {
  expect(() => glueColumns(schema)).toThrow(message);
});
