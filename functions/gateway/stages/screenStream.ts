import { NO_DELTA, saysSomething } from "../../../shared/contracts/answer.ts";
import type { Call } from "../../../shared/contracts/call.ts";
import type { JsonObject } from "../../../shared/contracts/json.ts";
import type { EventStream, Reply, StreamReply, WireEvent } from "../../../shared/contracts/reply.ts";
import type { Trace } from "../../../shared/contracts/trace.ts";
import { type ReleasedEvent, type Screening, screenWindows } from "../../../shared/guardrails/index.ts";
import { collectedAnswer } from "../collectedAnswer.ts";
import { clientDialects } from "../dialects.ts";
import { isLenient } from "../respond.ts";
import type { ScreenedInput } from "./screenInput.ts";
import { denial, deniedReply, shownResults, withHooks } from "./verdicts.ts";

type PassedInput = Extract<ScreenedInput, { kind: "passed" }>;
type Batch = readonly WireEvent[];
/** What a screened stream gives: events that may go out, at last with the verdict on the whole; or the word that it is denied. */
type Screened =
  | { readonly kind: "released"; readonly batch: Batch; readonly screening?: Screening }
  | { readonly kind: "denied"; readonly screening: Screening };

/**
 * Releases a stream in windows. The reply is given when the first text may go out, so that a stream denied before that is
 * a plain 446; one denied later is broken off with an error event.
 */
export async function screenStream(
  call: Call,
  reply: StreamReply,
  input: PassedInput,
  options: Parameters<typeof screenWindows>[0],
  trace: Trace,
): Promise<Reply> {
  const source = screened(call, reply.events, options);
  const early: Batch[] = [];
  for (;;) {
    const { value: step, done } = await source.next();
    if (done) return withHooks({ ...reply, events: rest(call, early, source, trace) }, input);
    if (step.screening) trace.guardrails.push(...step.screening.records);
    if (step.kind === "denied") {
      await source.return();
      return deniedReply(input.results, shownResults(step.screening.results), trace);
    }
    early.push(step.screening ? withResults(call, step.batch, step.screening) : step.batch);
    if (step.screening || step.batch.some(({ delta }) => delta().choices.some(saysSomething)))
      return withHooks({ ...reply, events: rest(call, early, source, trace) }, input, step.screening);
  }
}

async function* screened(call: Call, events: EventStream, options: Parameters<typeof screenWindows>[0]): AsyncGenerator<Screened, void> {
  const dialect = clientDialects[call.dialect];
  const screen = screenWindows<WireEvent>(options);
  const outgoing = ({ event, texts }: ReleasedEvent<WireEvent>): WireEvent => {
    const rewritten = texts ? dialect.eventTexts(event.delta()).map(({ path }, index) => ({ path, value: texts[index] ?? "" })) : [];
    const edits = [...rewritten, ...dialect.copiesIn(event.delta())];
    return edits.length === 0 ? event : dialect.rewriteEvent(event, edits);
  };
  const ending: WireEvent[] = []; // the word for the end waits for the verdict on the whole
  for await (const batch of events) {
    const end = ending.length > 0 ? 0 : batch.findIndex(({ delta }) => delta().end);
    const said = end < 0 ? batch : batch.slice(0, end);
    if (end >= 0) ending.push(...batch.slice(end));
    const step = await screen.push(said.map((event) => ({ event, pieces: dialect.eventTexts(event.delta()) })));
    if (step.kind === "denied") return yield step;
    if (step.events.length > 0) yield { kind: "released", batch: step.events.map(outgoing) };
  }
  const last = await screen.finish();
  yield last.kind === "denied" ? last : { kind: "released", batch: [...last.events.map(outgoing), ...ending], screening: last.screening };
}

async function* rest(call: Call, early: readonly Batch[], source: AsyncGenerator<Screened, void>, trace: Trace): EventStream {
  const delivered = collectedAnswer(call.dialect, call.operation);
  trace.delivered = delivered;
  try {
    for (const batch of early) {
      delivered.add(batch);
      yield batch;
    }
    for await (const step of source) {
      if (step.screening) trace.guardrails.push(...step.screening.records);
      if (step.kind === "denied") throw denial();
      const batch = step.screening ? withResults(call, step.batch, step.screening) : step.batch;
      delivered.add(batch);
      yield batch;
    }
  } finally {
    await source.return(); // a client that left among the early ones never came to the loop that would have closed it
  }
}

/** Lenient clients get the results too: before the end of the stream, since nothing is read after it. */
function withResults(call: Call, batch: Batch, { results }: Screening): Batch {
  const shown = shownResults(results);
  if (!isLenient(call) || shown.length === 0) return batch;
  const bytes = clientDialects[call.dialect].extraEvent({
    hook_results: { before_request_hooks: [], after_request_hooks: shown } as JsonObject,
  });
  const end = batch.findIndex(({ delta }) => delta().end);
  const at = end < 0 ? batch.length : end;
  return [...batch.slice(0, at), { bytes, delta: () => NO_DELTA }, ...batch.slice(at)];
}
