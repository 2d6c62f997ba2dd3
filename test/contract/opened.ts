import { test } from "vitest";
import type { Clock } from "../../shared/ports/ports.ts";
import { type ManualClock, manualClock } from "../support/manualClock.ts";

/** An adapter on storage of its own, which nobody wrote to before. */
export interface Opened<Port> {
  readonly port: Port;
  close(): Promise<void>;
}
export type Open<Port, More = unknown> = (clock: Clock) => Promise<Opened<Port> & More>;

/** A `test` that is given a fresh adapter, and the clock that it goes by. */
export const testOf = <Port, More>(open: Open<Port, More>) =>
  test
    .extend("clock", (): ManualClock => manualClock())
    .extend("opened", async ({ clock }, { onCleanup }) => {
      const opened = await open(clock);
      onCleanup(() => opened.close());
      return opened;
    })
    .extend("port", ({ opened }) => opened.port);
