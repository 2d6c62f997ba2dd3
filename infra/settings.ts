import * as z from "zod";
import { LOG_MODES } from "../shared/contracts/key.ts";

const wholeNumber = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

/** What an operator may choose, as `-c name=value` or in the context of cdk.json. */
const settingsSchema = z
  .strictObject({
    /** Also part of the names of the provider secrets. */
    stack: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,39}$/, "lower-case letters, digits and dashes, beginning with a letter, 40 at most")
      .default("gatehouse"),
    /** Absent: where the credentials of the deployment point. */
    region: z
      .string()
      .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "a region such as eu-central-1")
      .optional(),
    memoryMb: wholeNumber(256, 10_240).default(512),
    /**
     * How many calls run at once, and so the most that a flood of requests can cost. AWS keeps a part of an account's
     * concurrency unreserved, so that a new account, which has little, must say `none`.
     */
    reservedConcurrency: z.union([z.literal("none"), wholeNumber(1, 100_000)], "a whole number from 1 on, or none").default(100),
    /** What is logged where a key does not say; `full` also keeps what was said. */
    logMode: z.enum(LOG_MODES).default("metadata"),
    tracing: z.enum(["on", "off"]).default("off"),
    callsDays: wholeNumber(1, 3650).default(400),
    bodiesDays: wholeNumber(1, 3650).default(30),
    /** What one query may read before Athena ends it. */
    queryLimitGb: wholeNumber(1, 100_000).default(10),
    /** Who gets mail from alarms and from the budget. */
    operators: z.email().optional(),
    /** Of the whole account: cost tags would have to be switched on first, and until then a budget by tag is silent. */
    monthlyBudgetUsd: z.coerce.number().positive().optional(),
    /** `destroy` is for trials: tables, keys and an empty bucket go with the stack. */
    removal: z.enum(["retain", "destroy"]).default("retain"),
  })
  .refine(({ monthlyBudgetUsd, operators }) => monthlyBudgetUsd === undefined || operators !== undefined, {
    path: ["monthlyBudgetUsd"],
    message: "needs operators, the address that is told",
  });
export type Settings = z.infer<typeof settingsSchema>;

/** Refuses what is unknown or wrong with a line for each. The keys of CDK and of its tools have a colon, or begin with `@`. */
export function readSettings(context: Readonly<Record<string, unknown>>): Settings {
  const own = Object.fromEntries(Object.entries(context).filter(([key]) => !key.includes(":") && !key.startsWith("@")));
  const parsed = settingsSchema.safeParse(own);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) =>
    issue.code === "unrecognized_keys" ? unknownKeys(issue.keys) : `${issue.path.join(".")}: ${issue.message}`,
  );
  throw new Error(`the settings are wrong\n${lines.map((line) => `  ${line}`).join("\n")}`);
}

const unknownKeys = (keys: readonly string[]): string =>
  `${keys.join(", ")}: unknown; known are ${Object.keys(settingsSchema.shape).join(", ")}`;
