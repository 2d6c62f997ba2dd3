/** Exchanges that are not replayed, by id, each with its reason. */
export const EXCLUSIONS: Readonly<Record<string, string>> = {};
