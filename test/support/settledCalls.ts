import type { Services } from "../../functions/gateway/services.ts";
import { bodyRecordSchema, type CallRecord, callRecordSchema } from "../../shared/contracts/record.ts";
import type { LogBatch, Reserved } from "../../shared/ports/ports.ts";

/** A call as it stands in the log. */
export interface SettledCall {
  readonly call: CallRecord;
  /** The answer's JSON, where bodies are logged and there was one. */
  readonly answer: unknown;
}

/** Looks on while calls settle, so that a test can await what is written instead of polling for it. */
export interface SettledCalls {
  /** For the option `services` of a test gateway. */
  readonly watch: (services: Services) => Services;
  readonly all: readonly SettledCall[];
  readonly reserved: readonly Reserved[];
  /** Once for each time a reservation was settled. */
  readonly settled: readonly Reserved[];
  /** When at least that many calls have been settled. */
  atLeast(count: number): Promise<readonly SettledCall[]>;
  of(response: Response): Promise<SettledCall>;
}

export function settledCalls(): SettledCalls {
  const all: SettledCall[] = [];
  const [reserved, settled]: [Reserved[], Reserved[]] = [[], []];
  const waiting = new Set<() => void>();
  const until = async <Found>(find: () => Found | undefined): Promise<Found> => {
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => waiting.add(resolve));
    }
  };

  return {
    all,
    reserved,
    settled,
    atLeast: (count) => until(() => (all.length >= count ? all : undefined)),
    of: ({ headers }) => until(() => all.find(({ call }) => call.request_id === headers.get("x-gatehouse-request-id"))),
    watch: (services) => ({
      ...services,
      log: {
        async write(batch) {
          await services.log.write(batch);
          all.push(...settledOf(batch));
          for (const resume of waiting) resume();
          waiting.clear();
        },
      },
      ledger: {
        async reserve(holds, until) {
          const reservation = await services.ledger.reserve(holds, until);
          if (reservation.ok) reserved.push(reservation.reserved);
          return reservation;
        },
        async settle(reservation, actual) {
          settled.push(reservation);
          await services.ledger.settle(reservation, actual);
        },
        usage: (counters) => services.ledger.usage(counters),
      },
    }),
  };
}

function settledOf({ calls, bodies }: LogBatch): readonly SettledCall[] {
  const answers = bodies.map(({ record }) => bodyRecordSchema.strict().parse(record)).filter(({ kind }) => kind === "response");
  return calls.map(({ record }) => {
    const call = callRecordSchema.strict().parse(record);
    const answer = answers.find(({ request_id: id }) => id === call.request_id);
    return { call, answer: answer && parsed(answer.content) };
  });
}

/** A provider's error page need not be JSON. */
function parsed(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return content;
  }
}
