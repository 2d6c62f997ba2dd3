import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { fileSecrets } from "../../shared/ports/embedded/fileSecrets.ts";
import { modeOf, testInFolder as test } from "./temporaryFolder.ts";

test("the secrets file can be read by its owner alone, and leaves nothing beside it", async ({ folder }) => {
  const path = join(folder, "secrets.json");
  const secrets = fileSecrets(path, {});
  await secrets.write("a", "1");
  expect(await modeOf(path)).toBe("600");
  await chmod(path, 0o644);
  expect(await secrets.read("a")).toBe("1");
  expect(await modeOf(path)).toBe("600");
  expect(await readdir(folder)).toEqual(["secrets.json"]);
});

test("the secrets file keeps secrets for the next process", async ({ folder }) => {
  const path = join(folder, "secrets.json");
  await fileSecrets(path, {}).write("provider/openai", "sk-kept");
  expect(await fileSecrets(path, {}).read("provider/openai")).toBe("sk-kept");
  expect(JSON.parse(await readFile(path, "utf8"))).toEqual({ "provider/openai": "sk-kept" });
});

test("the secrets file stands beside variables and files, which can only be read", async ({ folder }) => {
  const keyFile = join(folder, "key.txt");
  await writeFile(keyFile, "  sk-from-file\n");
  const secrets = fileSecrets(join(folder, "secrets.json"), { OPENAI_API_KEY: "sk-from-env", EMPTY: "" });
  expect(await secrets.read("env:OPENAI_API_KEY")).toBe("sk-from-env");
  expect(await secrets.read(`file:${keyFile}`)).toBe("sk-from-file");
  for (const missing of ["env:NOT_SET", "env:EMPTY", `file:${folder}/missing`])
    await expect(secrets.read(missing)).rejects.toThrow(`there is no secret ${missing}`);
  for (const name of ["env:OPENAI_API_KEY", `file:${keyFile}`]) {
    await expect(secrets.write(name, "sk-new")).rejects.toThrow("can only be read");
    await expect(secrets.remove(name)).rejects.toThrow("can only be read");
  }
});

test("the secrets file is never quoted when it cannot be understood", async ({ folder }) => {
  const path = join(folder, "secrets.json");
  for (const broken of ["sk-secret", '{"a": "sk-secret"', '{"a": ["sk-secret"]}']) {
    await writeFile(path, broken);
    const error: unknown = await fileSecrets(path, {})
      .read("a")
      .catch((reason) => reason);
    expect(error).toMatchObject({ message: `the secrets file ${path} is not a JSON object of names and strings` });
    expect(error).not.toHaveProperty("cause");
  }
});

test("the secrets file goes on after a write that failed", async ({ folder }) => {
  const path = join(folder, "later", "secrets.json");
  const secrets = fileSecrets(path, {});
  await expect(secrets.write("a", "sk-secret")).rejects.not.toThrow("sk-secret");
  await mkdir(join(folder, "later"));
  await secrets.write("a", "1");
  expect(await secrets.read("a")).toBe("1");
});
