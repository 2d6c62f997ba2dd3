/** Reads a streamed answer as far as a test wants to, and no further. */
export interface StreamReader {
  /** Resolves with what has come when the text is in it. */
  until(text: string): Promise<string>;
  /** The same by bytes; resolves at the end of the stream too. */
  untilBytes(count: number): Promise<void>;
  /** Everything, when the stream is over. */
  all(): Promise<string>;
}

export function streamReader({ body }: Response): StreamReader {
  if (!body) throw new Error("this answer has no body");
  const reader = body.getReader();
  let bytes = Buffer.alloc(0);
  const readOn = async (): Promise<boolean> => {
    const { value, done } = await reader.read();
    if (value) bytes = Buffer.concat([bytes, value]);
    return !done;
  };

  return {
    async until(text) {
      while (!bytes.includes(text)) if (!(await readOn())) throw new Error(`the stream ended without ${text}: ${bytes}`);
      return bytes.toString("utf8");
    },
    async untilBytes(count) {
      while (bytes.length < count) if (!(await readOn())) return;
    },
    async all() {
      while (await readOn());
      return bytes.toString("utf8");
    },
  };
}
