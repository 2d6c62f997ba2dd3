import * as z from "zod";

export const WINDOWS = ["second", "minute", "hour", "day", "week", "month"] as const;

/** At most `value` of `type` in every `window` (UTC; weeks begin on Monday). */
export const limitSchema = z.strictObject({
  type: z.literal("requests", {
    error: 'only "requests" is enforced by this version: a limit of another type would be a promise not kept',
  }),
  value: z.int().min(0).describe("how many calls may pass in one window"),
  window: z.enum(WINDOWS),
});
export type Limit = z.infer<typeof limitSchema>;
