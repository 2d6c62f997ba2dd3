import type { Account } from "../../../shared/contracts/account.ts";
import { GatewayError } from "../../../shared/contracts/error.ts";
import type { VirtualKey } from "../../../shared/contracts/key.ts";
import { isAllowed } from "../../../shared/state/globs.ts";

export interface Wish {
  /** A provider that the config or a header names: a slug, with or without `@`, or a vendor. */
  readonly named: string | undefined;
  readonly model: string | undefined;
}
export interface Choice {
  readonly account: Account;
  /** Without the provider in front. */
  readonly model: string | undefined;
}
type Accounts = ReadonlyMap<string, Account>;

/** Which of the providers that a key may use is meant: by name, else by the model's name, else the only one there is. */
export function chooseAccount({ named, model }: Wish, accounts: Accounts, key: VirtualKey): Choice {
  const [prefix, rest] = splitModel(model);
  const fromModel = prefix !== undefined && (prefix.startsWith("@") || isKnown(prefix, accounts)) ? prefix : undefined;
  if (named === undefined && fromModel === undefined) return checked({ account: onlyAccount(accounts), model }, key);
  const account = findAccount(named ?? fromModel ?? "", accounts, key);
  // A prefix that names a provider is for this gateway, also where the config goes to another one.
  return checked({ account, model: fromModel === undefined ? model : rest }, key);
}

/** `@slug/model`; models of some hosts begin with `@` or hold slashes themselves. */
function splitModel(model: string | undefined): readonly [prefix: string | undefined, rest: string | undefined] {
  const slash = model?.indexOf("/") ?? -1;
  if (model === undefined || slash < 1 || /^@(cf|hf)\//.test(model)) return [undefined, model];
  return [model.slice(0, slash), model.slice(slash + 1)];
}

const withoutAt = (name: string): string => (name.startsWith("@") ? name.slice(1) : name);

const isKnown = (name: string, accounts: Accounts): boolean => accounts.has(name) || ofVendor(name, accounts).length > 0;

const ofVendor = (vendor: string, accounts: Accounts): readonly Account[] =>
  [...accounts.values()].filter(({ provider }) => provider === vendor);

function findAccount(name: string, accounts: Accounts, key: VirtualKey): Account {
  const slug = withoutAt(name);
  const exact = accounts.get(slug);
  if (exact) return exact;
  const [first, ...others] = ofVendor(slug, accounts);
  if (first && others.length === 0) return first;
  if (first)
    throw new GatewayError("provider_required", `there are several providers of ${slug}`, { remedy: remedy(ofVendor(slug, accounts)) });
  throw key.providers === undefined
    ? new GatewayError("provider_required", "there is no provider of this name", { remedy: remedy([...accounts.values()]) })
    : new GatewayError("provider_not_allowed", "this virtual key may not use this provider", { remedy: remedy([...accounts.values()]) });
}

function onlyAccount(accounts: Accounts): Account {
  const [first, ...others] = accounts.values();
  if (first && others.length === 0) return first;
  if (first)
    throw new GatewayError("provider_required", "the request does not say which provider it is for", {
      remedy: remedy([...accounts.values()]),
    });
  throw new GatewayError("provider_required", "this virtual key has no provider to use", { remedy: "Set one up in gatehouse.json" });
}

const remedy = (accounts: readonly Account[]): string =>
  accounts.length === 0
    ? "Set one up in gatehouse.json"
    : `Name it in the model as @slug/model, or in the header x-gatehouse-provider, where slug is one of: ${accounts.map(({ slug }) => slug).join(", ")}`;

function checked(choice: Choice, key: VirtualKey): Choice {
  const { model, account } = choice;
  if (model === undefined) return choice;
  if (!isAllowed(model, key.models))
    throw new GatewayError("model_not_allowed", "this virtual key may not use this model", { param: "model" });
  if (!isAllowed(model, account.models)) {
    throw new GatewayError("model_not_allowed", `the provider ${account.slug} does not serve this model`, { param: "model" });
  }
  return choice;
}
