import { type Stub, type StubAnswer, type StubRequest, startStub } from "./stubServer.ts";

/** `lose`: the request is done, and its answer never arrives. */
export type Interference = "pass" | "throttle" | "lose" | "hang" | "die" | "fault";

export interface DynamoProxy extends Stub {
  /** The operations that came, in their order. */
  readonly operations: readonly string[];
  /** From now on decides about each request: `pk` is the item's key, where it has one. */
  interfere(decide: (operation: string, pk: string) => Interference): void;
}

/** Stands in front of a DynamoDB and misbehaves as it is told to. */
export async function startDynamoProxy(target: string): Promise<DynamoProxy> {
  const operations: string[] = [];
  let decide: (operation: string, pk: string) => Interference = () => "pass";

  const answer = async (request: StubRequest): Promise<StubAnswer> => {
    operations.push(request.operation);
    const { Key } = JSON.parse(request.body.toString("utf8")) as { Key?: { pk: { S: string } } };
    const interference = decide(request.operation, Key?.pk.S ?? "");
    if (interference === "hang" || interference === "die") return interference;
    if (interference === "throttle") return failure(400, "ProvisionedThroughputExceededException");
    if (interference === "fault") return failure(500, "InternalServerError");
    const passed = await forward(target, request);
    return interference === "lose" ? "die" : passed;
  };

  const stub = await startStub(answer);
  return {
    ...stub,
    operations,
    interfere: (decision) => {
      decide = decision;
    },
  };
}

const failure = (status: number, name: string): StubAnswer => ({
  status,
  body: JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: name }),
});

async function forward(target: string, { headers, body }: StubRequest): Promise<StubAnswer> {
  const { host: _host, connection: _connection, "content-length": _length, ...kept } = headers;
  const response = await fetch(target, { method: "POST", headers: kept as Record<string, string>, body: new Uint8Array(body) });
  const checksum = response.headers.get("x-amz-crc32");
  return { status: response.status, body: await response.text(), headers: checksum ? { "x-amz-crc32": checksum } : {} };
}
