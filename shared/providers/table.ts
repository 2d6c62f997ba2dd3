import { bearer, type Provider } from "./provider.ts";

/** Vendors that speak OpenAI's dialect with a bearer key. Base URLs and variables are those of Portkey and models.dev. */
// biome-ignore format: a provider is one line
const OPENAI_COMPATIBLE: readonly Omit<Provider, "dialect" | "authorize">[] = [
  { id: "openai", name: "OpenAI", baseUrl: "https://api.openai.com/v1", environmentVariable: "OPENAI_API_KEY" },
  { id: "cerebras", name: "Cerebras", baseUrl: "https://api.cerebras.ai/v1", environmentVariable: "CEREBRAS_API_KEY" },
  { id: "dashscope", name: "Alibaba DashScope", baseUrl: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1", environmentVariable: "DASHSCOPE_API_KEY" },
  { id: "deepinfra", name: "DeepInfra", baseUrl: "https://api.deepinfra.com/v1/openai", environmentVariable: "DEEPINFRA_API_KEY" },
  { id: "deepseek", name: "DeepSeek", baseUrl: "https://api.deepseek.com", environmentVariable: "DEEPSEEK_API_KEY", includeUsage: false },
  { id: "fireworks-ai", name: "Fireworks AI", baseUrl: "https://api.fireworks.ai/inference/v1", environmentVariable: "FIREWORKS_API_KEY", pricedAs: "fireworks" },
  { id: "groq", name: "Groq", baseUrl: "https://api.groq.com/openai/v1", environmentVariable: "GROQ_API_KEY" },
  { id: "hyperbolic", name: "Hyperbolic", baseUrl: "https://api.hyperbolic.xyz/v1", environmentVariable: "HYPERBOLIC_API_KEY" },
  { id: "mistral-ai", name: "Mistral AI", baseUrl: "https://api.mistral.ai/v1", environmentVariable: "MISTRAL_API_KEY", includeUsage: false, pricedAs: "mistral" },
  { id: "moonshot", name: "Moonshot AI", baseUrl: "https://api.moonshot.ai/v1", environmentVariable: "MOONSHOT_API_KEY", pricedAs: "moonshotai" },
  { id: "nebius", name: "Nebius Token Factory", baseUrl: "https://api.tokenfactory.nebius.com/v1", environmentVariable: "NEBIUS_API_KEY" },
  { id: "novita-ai", name: "Novita AI", baseUrl: "https://api.novita.ai/openai", environmentVariable: "NOVITA_API_KEY", pricedAs: "novita" },
  { id: "openrouter", name: "OpenRouter", baseUrl: "https://openrouter.ai/api/v1", environmentVariable: "OPENROUTER_API_KEY" },
  { id: "perplexity-ai", name: "Perplexity", baseUrl: "https://api.perplexity.ai", environmentVariable: "PERPLEXITY_API_KEY", includeUsage: false, pricedAs: "perplexity" },
  { id: "sambanova", name: "SambaNova", baseUrl: "https://api.sambanova.ai/v1", environmentVariable: "SAMBANOVA_API_KEY" },
  { id: "together-ai", name: "Together AI", baseUrl: "https://api.together.xyz/v1", environmentVariable: "TOGETHER_API_KEY", pricedAs: "together" },
  { id: "x-ai", name: "xAI", baseUrl: "https://api.x.ai/v1", environmentVariable: "XAI_API_KEY" },
  { id: "z-ai", name: "Z.ai", baseUrl: "https://api.z.ai/api/paas/v4", environmentVariable: "ZHIPU_API_KEY", pricedAs: "zai" },
  { id: "ollama", name: "Ollama", baseUrl: "http://localhost:11434/v1", environmentVariable: "OLLAMA_API_KEY", keyOptional: true },
  { id: "demo", name: "Demo: answers without an account", baseUrl: "http://demo.invalid/v1", keyOptional: true },
  { id: "custom", name: "Any host that speaks OpenAI's dialect", keyOptional: true },
];

export const providers: ReadonlyMap<string, Provider> = new Map(
  OPENAI_COMPATIBLE.map((row) => [row.id, { ...row, dialect: "openai", authorize: bearer }]),
);

export const findProvider = (id: string): Provider | undefined => providers.get(id);
