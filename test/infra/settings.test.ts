import { expect, test } from "vitest";
import { readSettings } from "../../infra/settings.ts";

test("everything has a default, and what belongs to CDK is left alone", () => {
  expect(readSettings({ "@aws-cdk/core:flag": true, "aws:cdk:version-reporting": true })).toEqual({
    stack: "gatehouse",
    memoryMb: 512,
    reservedConcurrency: 100,
    logMode: "metadata",
    tracing: "off",
    callsDays: 400,
    bodiesDays: 30,
    queryLimitGb: 10,
    removal: "retain",
  });
});

test("values come as text from the command line, or as numbers from cdk.json", () => {
  expect(readSettings({ memoryMb: "1024", reservedConcurrency: 20, callsDays: 90 })).toMatchObject({
    memoryMb: 1024,
    reservedConcurrency: 20,
    callsDays: 90,
  });
  expect(readSettings({ reservedConcurrency: "none" })).toMatchObject({ reservedConcurrency: "none" });
});

test("all that is wrong is said at once", () => {
  const read = () => readSettings({ memory: "512", memoryMb: "64", stack: "My_Gateway", tracing: "maybe", operators: "nobody" });
  expect(read).toThrow(/memory: unknown; known are stack, region, memoryMb/);
  for (const field of ["memoryMb", "stack", "tracing", "operators"]) expect(read).toThrow(new RegExp(`^  ${field}: `, "m"));
});

test.each([
  [{ reservedConcurrency: "0" }, /reservedConcurrency: .*>=1/],
  [{ reservedConcurrency: "lots" }, /reservedConcurrency: .*none/],
  [{ memoryMb: "" }, /memoryMb/],
  [{ region: "frankfurt" }, /region: a region such as eu-central-1/],
  [{ monthlyBudgetUsd: "10" }, /monthlyBudgetUsd: needs operators/],
])("refuses %o", (context, message) => {
  expect(() => readSettings(context)).toThrow(message);
});
