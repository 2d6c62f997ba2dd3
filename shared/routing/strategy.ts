import type * as z from "zod";
import type { Reply } from "../contracts/reply.ts";

/** One file a strategy: an order of branches, and a reason to move on. */
export interface Strategy<Options> {
  readonly mode: string;
  readonly options: z.ZodType<Options>;
  candidates<Candidate>(branches: readonly Candidate[], options: Options): readonly Candidate[];
  /** Whether the next candidate is asked after this reply. Absent: the first reply stands. */
  moveOn?(reply: Reply, options: Options): boolean;
}

/** A strategy with its options, as it stands in a plan. */
export interface BoundStrategy {
  readonly mode: string;
  candidates<Candidate>(branches: readonly Candidate[]): readonly Candidate[];
  moveOn(reply: Reply): boolean;
}

/** A plan is a tree: its leaves are targets, its groups say in which order their branches are tried. */
export type Branch<Target> =
  | { readonly kind: "target"; readonly target: Target }
  | { readonly kind: "group"; readonly strategy: BoundStrategy; readonly branches: readonly Branch<Target>[] };
