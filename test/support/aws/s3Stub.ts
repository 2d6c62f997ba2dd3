import { type Stub, type StubAnswer, startStub } from "./stubServer.ts";

export interface S3Stub extends Stub {
  /** What was put, by `bucket/key`. */
  readonly objects: ReadonlyMap<string, string>;
  /** What every request meets from now on. */
  behave(behaviour: "take" | "throttle" | "refuse" | "hang" | "die"): void;
}

export async function startS3(): Promise<S3Stub> {
  const objects = new Map<string, string>();
  let behaviour: Parameters<S3Stub["behave"]>[0] = "take";
  const stub = await startStub(({ method, path, body }) => {
    if (behaviour === "hang" || behaviour === "die") return behaviour;
    if (behaviour === "throttle") return xmlError(503, "SlowDown");
    if (behaviour === "refuse" || method !== "PUT") return xmlError(403, "AccessDenied");
    const { pathname } = new URL(path, "http://s3");
    objects.set(decodeURIComponent(pathname.slice(1)), body.toString("utf8"));
    return { status: 200, headers: { etag: '"stub"' }, body: "" };
  });
  return {
    ...stub,
    objects,
    behave: (next) => {
      behaviour = next;
    },
  };
}

const xmlError = (status: number, code: string): StubAnswer => ({
  status,
  headers: { "content-type": "application/xml" },
  body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>of a stub</Message></Error>`,
});
