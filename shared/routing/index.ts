import * as z from "zod";
import { fallback } from "./strategies/fallback.ts";
import { single } from "./strategies/single.ts";
import type { BoundStrategy, Strategy } from "./strategy.ts";

export const strategySchema = z.discriminatedUnion("mode", [single.options, fallback.options] as [
  typeof single.options & z.ZodObject,
  typeof fallback.options & z.ZodObject,
]);
export type StrategyOptions = z.infer<typeof strategySchema>;

/** The strategy that a config names, with its options. */
export function bindStrategy(options: StrategyOptions): BoundStrategy {
  switch (options.mode) {
    case "single":
      return bind(single, options);
    case "fallback":
      return bind(fallback, options);
  }
}

const bind = <Options>(strategy: Strategy<Options>, options: Options): BoundStrategy => ({
  mode: strategy.mode,
  candidates: (branches) => strategy.candidates(branches, options),
  moveOn: (reply) => strategy.moveOn?.(reply, options) ?? false,
});
