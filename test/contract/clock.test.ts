import { expect, test } from "vitest";
import { systemClock } from "../../shared/ports/embedded/systemClock.ts";

test("now is the time of day in milliseconds, and the monotonic time only goes forward, in fractions of one", () => {
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1000);
  const readings = Array.from({ length: 1000 }, () => systemClock.monotonic());
  expect(readings).toEqual([...readings].sort((left, right) => left - right));
  expect(new Set(readings).size).toBeGreaterThan(1);
});
