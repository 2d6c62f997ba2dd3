import type * as z from "zod";

/** Every mistake with the place where it stands: `keys.checkout.limits.0.type: …`. */
export const describeIssues = (error: z.ZodError): readonly string[] => error.issues.flatMap((issue) => describe(issue, []));

function describe(issue: z.core.$ZodIssue, parent: readonly PropertyKey[]): readonly string[] {
  const path = [...parent, ...issue.path];
  // Of a union only the branch that came closest is worth reading.
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const deepest = issue.errors
      .map((issues) => issues.flatMap((inner) => describe(inner, path)))
      .sort((left, right) => depth(right) - depth(left))[0];
    if (deepest && deepest.length > 0) return deepest;
  }
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => `${place([...path, key])}: unknown field`);
  return [`${place(path)}: ${issue.message}`];
}

const depth = (lines: readonly string[]): number => Math.max(...lines.map((line) => line.split(":", 1)[0]?.split(".").length ?? 0));

const place = (path: readonly PropertyKey[]): string => (path.length === 0 ? "(the whole document)" : path.map(String).join("."));
