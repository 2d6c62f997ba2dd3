import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ASSUMED, billOf, costTable } from "../../infra/cost.ts";
import { synthesised } from "./synthesised.ts";

test("docs/cost.md has the table that the formula gives", () => {
  expect(readFileSync(join(import.meta.dirname, "../../docs/cost.md"), "utf8")).toContain(costTable());
});

test("the bill has as many alarms as the stack", () => {
  synthesised().template.resourceCountIs("AWS::CloudWatch::Alarm", ASSUMED.alarms);
});

test("Lambda is seconds times memory, cheaper from one tier to the next", () => {
  const { lambda } = billOf({ calls: 1_000_000, secondsEach: 9.9 });
  expect(lambda).toBeCloseTo(0.2 + 5_000_000 * 0.000_013_333_4, 6);
  const { lambda: more } = billOf({ calls: 2_000_000_000, secondsEach: 9.9 });
  expect(more).toBeCloseTo(400 + 7.5e9 * 0.000_013_333_4 + 2.5e9 * 0.000_012_000_1, 3);
});
