import { type BodyRecord, RECORD_VERSION } from "../../../shared/contracts/record.ts";
import type { Trace } from "../../../shared/contracts/trace.ts";
import { redact } from "../redact.ts";

/** An item of the log stream takes 1,000 KiB. */
const MAX_CHARACTERS = 900 * 1024;

/** What was said, as the client said it and as the client was answered. */
export function bodyRecords({ requestId, receivedAt, call, screened, answer, delivered }: Trace): readonly BodyRecord[] {
  const record = (kind: BodyRecord["kind"], bytes: Uint8Array): BodyRecord => {
    const text = redact(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"), []);
    const truncated = text.length > MAX_CHARACTERS;
    return {
      version: RECORD_VERSION,
      request_id: requestId,
      started_at: new Date(receivedAt).toISOString(),
      kind,
      content: truncated ? text.slice(0, MAX_CHARACTERS) : text,
      truncated,
    };
  };
  const said = delivered ?? answer;
  return [
    ...(call?.payload.kind === "json" ? [record("request", screened ?? call.payload.bytes)] : []),
    ...(said ? [record("response", said.whole())] : []),
  ];
}
