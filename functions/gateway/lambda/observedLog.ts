import type { CallRecord } from "../../../shared/contracts/record.ts";
import type { LogSink } from "../../../shared/ports/ports.ts";

/** Shows the record of each call to an observer on its way to the log. */
export const observedLog = (sink: LogSink, observe: (record: CallRecord) => void): LogSink => ({
  write(batch) {
    // The port takes any JSON; what `settle` writes as calls are these records.
    for (const { record } of batch.calls) observe(record as unknown as CallRecord);
    return sink.write(batch);
  },
});
