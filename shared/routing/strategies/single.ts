import * as z from "zod";
import type { Strategy } from "../strategy.ts";

const options = z.strictObject({ mode: z.literal("single") });

/** The first branch and no other. */
export const single: Strategy<z.infer<typeof options>> = {
  mode: "single",
  options,
  candidates: (branches) => branches.slice(0, 1),
};
