import { describe, expect } from "vitest";
import type { Secrets } from "../../shared/ports/ports.ts";
import { type Open, testOf } from "./opened.ts";

export function describeSecrets(name: string, open: Open<Secrets>): void {
  const test = testOf(open);

  describe(`${name} as secrets`, () => {
    test("reads what was written last", async ({ port }) => {
      await port.write("provider/openai", "sk-one");
      await port.write("provider/openai", 'sk-"two"\n✓');
      expect(await port.read("provider/openai")).toBe('sk-"two"\n✓');
    });

    test("rejects a secret that nobody wrote, by its name", async ({ port }) => {
      await port.write("provider/openai", "sk-value");
      for (const missing of ["provider/groq", "toString"]) {
        const error = await port.read(missing).then(String, String);
        expect(error).toContain(missing);
        expect(error).not.toContain("sk-value");
      }
    });

    test("forgets what was removed, and does not mind removing it twice", async ({ port }) => {
      await port.write("provider/openai", "sk-value");
      await port.remove("provider/openai");
      await port.remove("provider/openai");
      await expect(port.read("provider/openai")).rejects.toThrow("provider/openai");
    });

    test("loses none of many secrets that are written at once", async ({ port }) => {
      const names = Array.from({ length: 20 }, (_, index) => `provider/p${index}`);
      await Promise.all(names.map((name) => port.write(name, `value of ${name}`)));
      expect(await Promise.all(names.map((name) => port.read(name)))).toEqual(names.map((name) => `value of ${name}`));
    });
  });
}
