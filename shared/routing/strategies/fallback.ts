import * as z from "zod";
import { isSuccess, statusOf } from "../../contracts/reply.ts";
import type { Strategy } from "../strategy.ts";

const options = z.strictObject({
  mode: z.literal("fallback"),
  on_status_codes: z
    .array(z.int().min(100).max(599))
    .optional()
    .describe("move on only after these; absent: after every status outside 200 to 299"),
});

/** One branch after the other, until one answers well. */
export const fallback: Strategy<z.infer<typeof options>> = {
  mode: "fallback",
  options,
  candidates: (branches) => branches,
  moveOn: (reply, { on_status_codes: codes }) => (codes ? codes.includes(statusOf(reply)) : !isSuccess(reply)),
};
