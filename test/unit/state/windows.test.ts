import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WINDOWS } from "../../../shared/contracts/limit.ts";
import { windowAt } from "../../../shared/state/windows.ts";

const at = (text: string): number => Date.parse(text);
const moment = fc.integer({ min: Date.UTC(1970, 0, 5), max: Date.UTC(2100, 0) });

describe.each(WINDOWS)("a %s", (kind) => {
  test("contains the moment that was asked about, and its last one belongs to it too", () => {
    fc.assert(
      fc.property(moment, (now) => {
        const window = windowAt(kind, now);
        expect(window.endsAt).toBeGreaterThan(now);
        expect(windowAt(kind, window.endsAt - 1)).toEqual(window);
      }),
    );
  });

  test("is followed by another one without a gap", () => {
    fc.assert(
      fc.property(moment, (now) => {
        const window = windowAt(kind, now);
        const next = windowAt(kind, window.endsAt);
        expect(next.id).not.toBe(window.id);
        expect(next.id).toBe(`${kind}@${window.endsAt}`);
      }),
    );
  });

  test("is the same for two moments exactly when no boundary lies between them", () => {
    fc.assert(
      fc.property(moment, fc.integer({ min: 0, max: 40 * 86_400_000 }), (now, later) => {
        const [first, second] = [windowAt(kind, now), windowAt(kind, now + later)];
        expect(first.id === second.id).toBe(now + later < first.endsAt);
      }),
    );
  });
});

test.each([
  ["second", "2026-07-15T12:34:56.789Z", "2026-07-15T12:34:57Z"],
  ["minute", "2026-07-15T12:34:56.789Z", "2026-07-15T12:35:00Z"],
  ["hour", "2026-07-15T12:34:56.789Z", "2026-07-15T13:00:00Z"],
  ["day", "2026-07-15T12:34:56.789Z", "2026-07-16T00:00:00Z"],
  ["week", "2026-07-19T23:59:59.999Z", "2026-07-20T00:00:00Z"],
  ["week", "2026-07-20T00:00:00.000Z", "2026-07-27T00:00:00Z"],
  ["month", "2028-02-29T12:00:00.000Z", "2028-03-01T00:00:00Z"],
  ["month", "2026-12-31T23:59:59.999Z", "2027-01-01T00:00:00Z"],
] as const)("the %s of %s ends at %s", (kind, now, end) => {
  expect(windowAt(kind, at(now)).endsAt).toBe(at(end));
});

test("windows of different kinds never share an id, not even where they begin together", () => {
  const ids = WINDOWS.map((kind) => windowAt(kind, Date.UTC(2029, 0, 1)).id);
  expect(new Set(ids).size).toBe(WINDOWS.length);
});
