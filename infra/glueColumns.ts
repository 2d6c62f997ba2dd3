import { type Column, Schema, type Type } from "aws-cdk-lib/aws-glue";
import * as z from "zod";

/**
 * The columns of a table whose lines have this shape, so that a logged field is one line in the record's schema.
 * Every Glue column is nullable, and an instant stays text: Firehose's JSON reader does not know ISO 8601.
 */
export const glueColumns = (record: z.ZodObject): Column[] =>
  fields(record).map(([name, schema]) => {
    const comment = commentOf(schema);
    return { name, type: glueType(schema, name), ...(comment && { comment }) };
  });

function glueType(schema: unknown, path: string): Type {
  if (schema instanceof z.ZodNullable || schema instanceof z.ZodOptional) return glueType(schema.unwrap(), path);
  if (schema instanceof z.ZodString || schema instanceof z.ZodStringFormat || schema instanceof z.ZodEnum) return Schema.STRING;
  if (schema instanceof z.ZodBoolean) return Schema.BOOLEAN;
  if (schema instanceof z.ZodNumber) return schema.isInt ? Schema.BIG_INT : Schema.DOUBLE;
  if (schema instanceof z.ZodLiteral) return literalType([...schema.values], path);
  if (schema instanceof z.ZodArray) return Schema.array(glueType(schema.element, `${path}[]`));
  if (schema instanceof z.ZodRecord) return Schema.map(Schema.STRING, glueType(schema.valueType, `${path}{}`));
  if (schema instanceof z.ZodObject)
    return Schema.struct(fields(schema).map(([name, field]) => ({ name, type: glueType(field, `${path}.${name}`) })));
  throw new Error(`${path}: there is no Glue type for this schema`);
}

/** Names of columns and struct members are lower case in Glue; another case would never be found in the JSON. */
const fields = (record: z.ZodObject): [string, z.core.$ZodType][] =>
  Object.entries(record.shape).map(([name, schema]) => {
    if (!/^[a-z][a-z0-9_]*$/.test(name)) throw new Error(`${name}: the name of a column has lower-case letters, digits and underscores`);
    return [name, schema];
  });

function literalType(values: readonly unknown[], path: string): Type {
  if (values.every((value) => typeof value === "string")) return Schema.STRING;
  if (values.every((value) => Number.isInteger(value))) return Schema.BIG_INT;
  throw new Error(`${path}: there is no Glue type for these literals`);
}

/** What was described before it was made nullable still says it. */
function commentOf(schema: unknown): string | undefined {
  if (!(schema instanceof z.ZodType)) return undefined;
  if (schema.description !== undefined) return schema.description;
  return schema instanceof z.ZodNullable || schema instanceof z.ZodOptional ? commentOf(schema.unwrap()) : undefined;
}
