import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";

/** A file of the bundle that was evaluated. */
export interface EvaluatedFile {
  readonly path: string;
  readonly bytes: number;
}

/** Watches which files below a folder this process evaluates from now on; gives those until now. */
export function watchEvaluation(folder: string): () => readonly EvaluatedFile[] {
  const files: EvaluatedFile[] = [];
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const path = url.startsWith("file:") ? fileURLToPath(url) : "";
      if (path.startsWith(folder)) files.push({ path, bytes: Buffer.byteLength(loaded.source as Buffer) });
      return loaded;
    },
  });
  return () => [...files];
}
