import * as z from "zod";

/** What every check accepts among its parameters: whether a check that could not judge counts as failed. */
export const commonParams = {
  failOnError: z.boolean().optional(),
  fail_on_error: z.boolean().optional(),
};

export interface CommonParams {
  readonly failOnError?: boolean | undefined;
  readonly fail_on_error?: boolean | undefined;
}
