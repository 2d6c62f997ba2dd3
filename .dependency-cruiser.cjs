/** The picture of the house as rules: what DESIGN calls layers and strangers. `npm run check` and a test run them. */
const LAYERS = ["contracts", "ports", "wire", "dialects", "providers", "routing", "guardrails", "config", "state", "runtime"];

const layersLookDown = LAYERS.slice(0, -1).map((layer, index) => ({
  name: `layer-${layer}-looks-down`,
  comment: `shared/${layer} imports only from the layers before it`,
  severity: "error",
  from: { path: `^shared/${layer}/` },
  to: { path: `^shared/(${LAYERS.slice(index + 1).join("|")})/` },
}));

/** `$1` is what the parentheses of the other side matched. */
const siblings = (name, from, to) => ({
  name: `${name}-import-no-sibling`,
  severity: "error",
  from: { path: `^shared/${from}` },
  to: { path: `^shared/${to}`, pathNot: `^shared/${from.replace("([^/]+)", "$1")}` },
});

module.exports = {
  forbidden: [
    ...layersLookDown,
    siblings("dialects", "dialects/([^/]+)/", "dialects/[^/]+/"),
    siblings("strategies", "routing/strategies/([^/]+)", "routing/strategies/"),
    siblings("checks", "guardrails/checks/([^/]+)", "guardrails/checks/"),
    {
      name: "shared-knows-no-function",
      severity: "error",
      from: { path: "^shared/" },
      to: { path: "^(functions|infra|layers|test|scripts)/" },
    },
    {
      name: "functions-are-strangers",
      comment: "only the local main puts several functions together",
      severity: "error",
      from: { path: "^functions/([^/]+)/", pathNot: "^functions/local/" },
      to: { path: "^functions/", pathNot: "^functions/$1/" },
    },
    {
      name: "infra-imports-only-contracts",
      severity: "error",
      from: { path: "^infra/" },
      to: { path: "^(shared|functions)/", pathNot: "^shared/contracts/" },
    },
    {
      name: "adapters-are-chosen-in-mains",
      severity: "error",
      from: { path: "^(shared|functions)/", pathNot: "^(shared/ports/|functions/local(/|\\.ts)|functions/[^/]+/lambda)" },
      to: { path: "^shared/ports/(aws|embedded|node)/" },
    },
    {
      name: "aws-sdk-only-at-the-edge",
      severity: "error",
      from: { path: "^(shared|functions)/", pathNot: "^(shared/ports/aws/|functions/[^/]+/lambda)" },
      to: { path: "node_modules/(@aws-sdk|@smithy|@aws-lambda-powertools|@middy)/" },
    },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } } },
    { name: "no-utils", severity: "error", from: {}, to: { path: "/(utils?|helpers?|misc|common)(\\.ts|/)", pathNot: "node_modules" } },
    {
      name: "product-needs-no-development-package",
      severity: "error",
      from: { path: "^(shared|functions)/" },
      to: { dependencyTypes: ["npm-dev"] },
    },
    { name: "nothing-unresolved", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".mjs", ".js", ".json"],
    },
  },
};
