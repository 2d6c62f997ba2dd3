import type { VirtualKey } from "../../../shared/contracts/key.ts";
import type { Reply } from "../../../shared/contracts/reply.ts";
import { isAllowed } from "../../../shared/state/globs.ts";
import type { OwnTarget } from "../plan.ts";

/** What this key may use, in OpenAI's shape: each model that a provider of the key names, as `@provider/model`. */
export function listModels({ accounts }: OwnTarget, key: VirtualKey): Reply {
  const data = [...accounts.values()].flatMap(({ slug, models = ["*"] }) =>
    models
      .filter((model) => model.includes("*") || isAllowed(model, key.models))
      .map((model) => ({ id: `@${slug}/${model}`, object: "model", created: 0, owned_by: slug })),
  );
  const bytes = Buffer.from(JSON.stringify({ object: "list", data }));
  return { kind: "whole", status: 200, headers: { "content-type": "application/json" }, bytes, answer: () => ({ choices: [] }) };
}
