import * as z from "zod";
import { configSchema } from "../config/config.ts";
import { accountSchema, teamSchema } from "../contracts/account.ts";
import type { Json } from "../contracts/json.ts";
import { adoptedKeySchema, virtualKeySchema } from "../contracts/key.ts";
import type { Store } from "../ports/ports.ts";

/** A collection of the store whose items have one shape. */
export interface Collection<Value> {
  readonly name: string;
  get(id: string): Promise<Value | undefined>;
  put(id: string, value: Value): Promise<void>;
  delete(id: string): Promise<void>;
  all(): Promise<ReadonlyMap<string, Value>>;
}

export function collection<Schema extends z.ZodType>(store: Store, name: string, schema: Schema): Collection<z.infer<Schema>> {
  return {
    name,
    async get(id) {
      const stored = await store.get({ collection: name, id });
      return stored && schema.parse(stored.value);
    },
    async put(id, value) {
      await store.put({ collection: name, id }, JSON.parse(JSON.stringify(value)) as Json);
    },
    delete: (id) => store.delete({ collection: name, id }),
    async all() {
      const found = new Map<string, z.infer<Schema>>();
      for (let after: string | undefined; ; ) {
        const page = await store.list(name, after === undefined ? {} : { after });
        for (const { id, value } of page.items) found.set(id, schema.parse(value));
        if (page.next === undefined) return found;
        after = page.next;
      }
    },
  };
}

/** A saved routing document. Versions are immutable: a change makes the next number. */
const savedConfigSchema = z.strictObject({ slug: z.string(), version: z.int(), document: configSchema });
export type SavedConfig = z.infer<typeof savedConfigSchema>;

/** What the control table holds, typed. The gateway only reads it. */
export const controlCollections = (control: Store) => ({
  keys: collection(control, "key", virtualKeySchema),
  adopted: collection(control, "adopted", adoptedKeySchema),
  teams: collection(control, "team", teamSchema),
  accounts: collection(control, "provider", accountSchema),
  configs: collection(control, "config", savedConfigSchema),
});
export type ControlCollections = ReturnType<typeof controlCollections>;
