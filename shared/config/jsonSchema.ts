import * as z from "zod";
import { gatehouseFileSchema } from "./gatehouseFile.ts";

/** The JSON Schema of gatehouse.json, as an editor needs it: what one writes, before defaults are filled in. */
export const jsonSchemaOfFile = (): unknown => ({
  ...z.toJSONSchema(gatehouseFileSchema, { io: "input", unrepresentable: "any" }),
  title: "gatehouse.json",
});
