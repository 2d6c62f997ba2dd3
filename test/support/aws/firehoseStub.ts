import { jsonAnswer, jsonError, type Stub, type StubAnswer, startStub } from "./stubServer.ts";

/** `partly`: every second record is not taken. */
export type FirehoseBehaviour = "take" | "throttle" | "partly" | "refuse" | "fault" | "hang" | "die";

export interface FirehoseStub extends Stub {
  /** The text of each record that was taken, by stream. */
  readonly delivered: ReadonlyMap<string, readonly string[]>;
  /** How many records and bytes each request had. */
  readonly requests: readonly { readonly records: number; readonly bytes: number }[];
  /** What the next requests meet, one by one, and all after them. */
  behave(next: readonly FirehoseBehaviour[], then?: FirehoseBehaviour): void;
}

export async function startFirehose(): Promise<FirehoseStub> {
  const delivered = new Map<string, string[]>();
  const requests: { records: number; bytes: number }[] = [];
  let [script, otherwise]: [FirehoseBehaviour[], FirehoseBehaviour] = [[], "take"];

  const take = (stream: string, records: readonly Buffer[], isTaken: (index: number) => boolean): StubAnswer => {
    const taken = records.filter((_, index) => isTaken(index));
    delivered.set(stream, [...(delivered.get(stream) ?? []), ...taken.map((record) => record.toString("utf8"))]);
    const RequestResponses = records.map((_, index) =>
      isTaken(index) ? { RecordId: `r${index}` } : { ErrorCode: "ServiceUnavailableException" },
    );
    return jsonAnswer({ FailedPutCount: records.length - taken.length, RequestResponses });
  };

  const stub = await startStub(({ body }) => {
    const { DeliveryStreamName, Records } = JSON.parse(body.toString("utf8")) as {
      DeliveryStreamName: string;
      Records: { Data: string }[];
    };
    const records = Records.map(({ Data }) => Buffer.from(Data, "base64"));
    const bytes = records.reduce((sum, record) => sum + record.byteLength, 0);
    requests.push({ records: records.length, bytes });
    if (isOverTheLimits(records, bytes)) return jsonError(400, "InvalidArgumentException");
    const behaviour = script.shift() ?? otherwise;
    if (behaviour === "hang" || behaviour === "die") return behaviour;
    if (behaviour === "throttle") return jsonError(400, "ThrottlingException");
    if (behaviour === "refuse") return jsonError(400, "AccessDeniedException");
    if (behaviour === "fault") return jsonError(503, "ServiceUnavailableException");
    return take(DeliveryStreamName, records, (index) => behaviour === "take" || index % 2 === 0);
  });
  const behave: FirehoseStub["behave"] = (next, then = "take") => {
    [script, otherwise] = [[...next], then];
  };
  return { ...stub, delivered, requests, behave };
}

/** As the service checks them: 500 records, 4 MiB, 1,000 KiB a record. */
const isOverTheLimits = (records: readonly Buffer[], bytes: number): boolean =>
  records.length > 500 || bytes > 4 * 1024 * 1024 || records.some(({ byteLength }) => byteLength > 1_000 * 1024);
