import type { Clock, Upstream, UpstreamRequest, UpstreamResponse } from "../ports.ts";

/** The host of the demo provider; `.invalid` never resolves, so nothing can leave by mistake. */
export const DEMO_HOST = "demo.invalid";

/**
 * A provider without an account, so that the first call works: it speaks OpenAI's protocol and says what it was told.
 * Requests to other hosts go to `others`.
 */
export function demoUpstream(others: Upstream, clock: Clock): Upstream {
  return {
    send: (request, clocks, signal) =>
      request.url.hostname === DEMO_HOST ? Promise.resolve(respond(request, clock)) : others.send(request, clocks, signal),
  };
}

interface DemoRequest {
  readonly model?: string;
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly messages?: readonly { readonly content?: unknown }[];
  readonly prompt?: unknown;
  readonly input?: unknown;
}

function respond({ url, body }: UpstreamRequest, clock: Clock): UpstreamResponse {
  const request = JSON.parse(Buffer.from(body ?? "{}").toString("utf8")) as DemoRequest;
  const created = Math.floor(clock.now() / 1000);
  if (url.pathname.endsWith("/chat/completions")) return request.stream ? chatStream(request, created) : chat(request, created);
  if (url.pathname.endsWith("/completions")) return completion(request, created);
  if (url.pathname.endsWith("/embeddings")) return embeddings(request);
  return json(404, {
    error: { message: "the demo provider has chat, completions and embeddings", type: "invalid_request_error", param: null, code: null },
  });
}

const saidTo = ({ messages, prompt }: DemoRequest): string => {
  const last = messages?.at(-1)?.content ?? prompt;
  return typeof last === "string" ? last : JSON.stringify(last ?? "");
};
const answerTo = (request: DemoRequest): string => `You said: ${saidTo(request)}`;
const wordsOf = (text: string): readonly string[] => text.match(/\s*\S+/g) ?? [];

function usageOf(request: DemoRequest, answer: string) {
  const [prompt, completion] = [wordsOf(saidTo(request)).length, wordsOf(answer).length];
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

function chat(request: DemoRequest, created: number): UpstreamResponse {
  const content = answerTo(request);
  const choices = [{ index: 0, message: { role: "assistant", content, refusal: null }, logprobs: null, finish_reason: "stop" }];
  return json(200, {
    id: `chatcmpl-demo-${created}`,
    object: "chat.completion",
    created,
    model: request.model,
    choices,
    usage: usageOf(request, content),
  });
}

function completion(request: DemoRequest, created: number): UpstreamResponse {
  const text = answerTo(request);
  const choices = [{ index: 0, text, logprobs: null, finish_reason: "stop" }];
  const body = { id: `cmpl-demo-${created}`, object: "text_completion", created, model: request.model, choices };
  return request.stream ? events([body]) : json(200, { ...body, usage: usageOf(request, text) });
}

function chatStream(request: DemoRequest, created: number): UpstreamResponse {
  const answer = answerTo(request);
  const chunk = (choices: readonly unknown[], rest = {}) => ({
    id: `chatcmpl-demo-${created}`,
    object: "chat.completion.chunk",
    created,
    model: request.model,
    choices,
    ...rest,
  });
  const delta = (change: object, finish: string | null = null) =>
    chunk([{ index: 0, delta: change, logprobs: null, finish_reason: finish }]);
  return events([
    delta({ role: "assistant", content: "" }),
    ...wordsOf(answer).map((content) => delta({ content })),
    delta({}, "stop"),
    ...(request.stream_options?.include_usage ? [chunk([], { usage: usageOf(request, answer) })] : []),
  ]);
}

const DIMENSIONS = 8;

/** The same text always has the same vector, of length one. */
function embeddings({ input, model }: DemoRequest): UpstreamResponse {
  const texts = Array.isArray(input) ? input.map(String) : [String(input ?? "")];
  const data = texts.map((text, index) => ({ object: "embedding", index, embedding: vectorOf(text) }));
  const tokens = texts.reduce((sum, text) => sum + wordsOf(text).length, 0);
  return json(200, { object: "list", data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } });
}

function vectorOf(text: string): readonly number[] {
  const sums = Array.from({ length: DIMENSIONS }, () => 0.001);
  for (const [position, byte] of Buffer.from(text).entries()) sums[position % DIMENSIONS] = (sums[position % DIMENSIONS] ?? 0) + byte;
  const norm = Math.hypot(...sums);
  return sums.map((sum) => sum / norm);
}

const json = (status: number, body: unknown): UpstreamResponse => response(status, "application/json", [JSON.stringify(body)]);
const events = (bodies: readonly unknown[]): UpstreamResponse =>
  response(200, "text/event-stream", [...bodies.map((body) => `data: ${JSON.stringify(body)}\n\n`), "data: [DONE]\n\n"]);

function response(status: number, contentType: string, pieces: readonly string[]): UpstreamResponse {
  return {
    status,
    headers: { "content-type": contentType },
    body: bytesOf(pieces),
    whole: () => Promise.resolve(Buffer.from(pieces.join(""))),
    cancel: () => {},
  };
}

async function* bytesOf(pieces: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield Buffer.from(piece);
}
