import { status } from "@grpc/grpc-js";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  readRequest,
  readSingleRequest,
  writeRequest,
  writeSingleRequest,
} from "../../src/protobuf/messages.ts";
import { BinaryWriter, writeMessage } from "../../src/protobuf/wire.ts";
import { CALL, done, echo, type Handle, LIST, requestOf, Served, SINGLE, STREAM_DOC } from "./_grpc.ts";
import { exchange } from "../support/jina_exchanges.ts";

const ids = (answers: readonly Uint8Array[]) => answers.map((bytes) => readRequest(bytes).requestId);
const failing = (reason: "failed" | "cut" | "deadline"): Handle => ({ body }) =>
  ({
    ...done(body) as object,
    error: { reason, info: { name: "RangeError", message: "too big", stack: "" }, executor: "MyExecutor" },
  }) as never;

/** Answers requests when a test lets them, by their ids. */
class Gates {
  readonly started: string[] = [];
  readonly #open = new Map<string, () => void>();
  #wake = () => {};
  readonly handle: Handle = async ({ body }) => {
    const { requestId } = readRequest(body);
    this.started.push(requestId);
    this.#wake();
    await new Promise<void>((resolve) => this.#open.set(requestId, resolve));
    return done(body);
  };

  async begun(count: number): Promise<void> {
    while (this.started.length < count) await new Promise<void>((resolve) => this.#wake = resolve);
  }

  open(...ids: string[]): void {
    for (const id of ids) this.#open.get(id)?.();
  }
}

Deno.test("Call answers each request of a stream, and ends when the client does", async () => {
  await using served = await Served.start();
  const { request } = exchange("1_foo_two");
  const stream = served.client().bidi(CALL).write(request, request).end();
  assertEquals((await stream.status).code, status.OK);
  const [answer, other] = stream.received.map(readRequest);
  assertEquals([answer.docs, other.docs], [readRequest(request).docs, readRequest(request).docs]);
  assertEquals([answer.requestId, answer.target], [readRequest(request).requestId, ""]);
});

Deno.test("Call answers as soon as a request is done, in any order", async () => {
  const gates = new Gates();
  await using served = await Served.start(gates.handle);
  const stream = served.client().bidi(CALL).write(requestOf("a"), requestOf("b")).end();
  await gates.begun(2);
  gates.open("b");
  assertEquals(ids(await stream.got(1)), ["b"]);
  gates.open("a");
  await stream.status;
  assertEquals(ids(stream.received), ["b", "a"]);
});

Deno.test("Call keeps the order when the metadata asks for it", async () => {
  const gates = new Gates();
  await using served = await Served.start(gates.handle);
  const stream = served.client().bidi(CALL, { __results_in_order__: "true" });
  stream.write(requestOf("a"), requestOf("b"), requestOf("c")).end();
  await gates.begun(3);
  gates.open("c", "b");
  gates.open("a");
  await stream.status;
  assertEquals(ids(stream.received), ["a", "b", "c"]);
});

Deno.test("Call handles no more requests at the same time than __prefetch__ and its own limit", async () => {
  const gates = new Gates();
  await using served = await Served.start(gates.handle);
  const stream = served.client().bidi(CALL, { __prefetch__: "2" });
  stream.write(...["a", "b", "c"].map((id) => requestOf(id))).end();
  await gates.begun(2);
  const unary = served.client().unary(SINGLE, requestOf("other"));
  await gates.begun(3);
  assertEquals(gates.started, ["a", "b", "other"]);
  gates.open("other", "b");
  await gates.begun(4);
  gates.open("a", "c");
  assertEquals((await stream.status).code, status.OK);
  await unary;

  const many = served.client().bidi(CALL).write(
    ...Array.from({ length: 130 }, (_, at) => requestOf(`m${at}`)),
  ).end();
  await gates.begun(4 + 128);
  const last = served.client().unary(SINGLE, requestOf("last"));
  await gates.begun(4 + 129);
  assertEquals(gates.started.at(-1), "last");
  gates.open(...gates.started);
  await gates.begun(4 + 131);
  gates.open(...gates.started);
  await Promise.all([many.status, last]);
  assertEquals(many.received.length, 130);
});

Deno.test("Call puts whatever is wrong with a request into its answer, and goes on", async () => {
  const kinds: Handle = (request, context) => {
    const { requestId } = readRequest(request.body);
    if (requestId === "unbound") return { kind: "unbound", endpoint: "/fo" };
    if (requestId === "invalid") {
      return { kind: "invalid", issues: [{ loc: ["docs", 0], msg: "bad", type: "x" }] };
    }
    return requestId === "ok" ? done(request.body) : failing(requestId as "cut")(request, context);
  };
  await using served = await Served.start(kinds);
  const stream = served.client().bidi(CALL, { __results_in_order__: "true" });
  const names = ["unbound", "invalid", "failed", "cut", "deadline", "ok"];
  stream.write(new Uint8Array([0x0a, 0x7f]), ...names.map((name) => requestOf(name))).end();
  assertEquals((await stream.status).code, status.OK);
  const errors = stream.received.map((bytes) => readRequest(bytes).status?.exception?.name);
  assertEquals(errors, [
    "InvalidRequestError",
    "UnboundEndpointError",
    "InvalidRequestError",
    "RangeError",
    "RangeError",
    "RangeError",
    undefined,
  ]);
});

Deno.test("Call ends with UNAVAILABLE when a deployment is down, after the answers before", async () => {
  await using served = await Served.start(({ body }) =>
    readRequest(body).requestId === "ok" ? done(body) : { kind: "down", reason: "executor0 is down: no" }
  );
  const stream = served.client().bidi(CALL, { __results_in_order__: "true" });
  stream.write(requestOf("ok"), requestOf("down"), requestOf("ok"));
  const { code, details } = await stream.status;
  assertEquals([code, details, stream.received.length], [status.UNAVAILABLE, "executor0 is down: no", 1]);
});

Deno.test("process_single_data takes the endpoint of the metadata, before the one in the header", async () => {
  const endpoints: (string | undefined)[] = [];
  await using served = await Served.start((request) => {
    endpoints.push(request.endpoint);
    return done(request.body);
  });
  const client = served.client();
  await client.unary(SINGLE, requestOf("r"), { endpoint: "/bar" });
  await client.unary(SINGLE, requestOf("r"));
  assertEquals(endpoints, ["/bar", undefined]);
});

Deno.test("process_single_data fails with the status of what the gateway cannot do", async () => {
  const cases: [Handle, number, string][] = [
    [() => ({ kind: "down", reason: "executor0 is down" }), status.UNAVAILABLE, "executor0 is down"],
    [failing("cut"), status.UNAVAILABLE, "too big"],
    [failing("deadline"), status.DEADLINE_EXCEEDED, "too big"],
    [
      () => ({ kind: "invalid", issues: [{ loc: ["docs", 0, "tensor"], msg: "sparse", type: "x" }] }),
      status.INVALID_ARGUMENT,
      "docs.0.tensor: sparse",
    ],
  ];
  for (const [handle, code, text] of cases) {
    await using served = await Served.start(handle);
    const { error } = await served.client().unary(SINGLE, requestOf("r"));
    assertEquals(error?.code, code);
    assertStringIncludes(error!.details, text);
  }
  await using served = await Served.start();
  const { error } = await served.client().unary(SINGLE, new Uint8Array([0x0a, 0x7f]));
  assertEquals(error?.code, status.INVALID_ARGUMENT);
});

Deno.test("process_single_data puts an Executor's error into the header, and says so in a trailer", async () => {
  for (const handle of [failing("failed"), (): never => ({ kind: "unbound", endpoint: "/fo" }) as never]) {
    await using served = await Served.start(handle);
    const { bytes, error, trailers } = await served.client().unary(SINGLE, requestOf("r"));
    assertEquals(error, undefined);
    assertEquals(readRequest(bytes!).status?.code, 1);
    assertEquals(trailers.get("is-error"), ["true"]);
  }
});

Deno.test("process_data merges the requests of a list", async () => {
  let body: unknown;
  await using served = await Served.start((request) => {
    body = request;
    return { ...done(requestOf("r")) as object, docs: new Uint8Array([1]) } as never;
  });
  const route = (executor: string) => ({ executor, startTime: 1, endTime: 2 });
  const docs = [new Uint8Array([0x0a, 0]), new Uint8Array([0x0a, 0, 0x0a, 0])];
  const [one, two] = [["gateway", "a"], ["gateway", "b"]].map((routes, at) =>
    writeRequest({ requestId: "r", endpoint: "/foo", routes: routes.map(route), docs: docs[at] })
  );
  const list = new BinaryWriter();
  for (const request of [one, two]) writeMessage(list, 1, request);
  const { bytes, error: failure } = await served.client().unary(LIST, list.finish());
  assertEquals(failure, undefined);
  const answer = readRequest(bytes!);
  assertEquals([answer.routes.length, answer.requestId, answer.docs], [3, "r", new Uint8Array([1])]);
  const { inspect: _, ...passed } = body as Record<string, unknown>;
  assertEquals(passed, {
    body: new Uint8Array(),
    codec: "protobuf-1",
    branches: docs,
    envelope: { endpoint: "/foo" },
  });
  const { error } = await served.client().unary(LIST, new Uint8Array());
  assertEquals(error?.code, status.INVALID_ARGUMENT);
});

/** Streams documents, as a generator of an Executor does. */
function streaming(docs: readonly string[], error?: string): Handle {
  return (request, { stream }) => {
    stream!.begin();
    for (const doc of docs) stream!.push(new TextEncoder().encode(doc));
    return error === undefined ? done(request.body) : failing("failed")(request, {} as never);
  };
}

Deno.test("stream_doc sends each document of a generator as it comes", async () => {
  const next = Promise.withResolvers<void>();
  await using served = await Served.start(async ({ body }, { stream }) => {
    stream!.begin();
    stream!.push(new Uint8Array([1]));
    await next.promise;
    stream!.push(new Uint8Array([2]));
    return done(body);
  });
  const { request } = exchange("2_stream_doc");
  const stream = served.client().serverStream(STREAM_DOC, request);
  assertEquals(readSingleRequest((await stream.got(1))[0]).docs, new Uint8Array([1]));
  next.resolve();
  assertEquals((await stream.status).code, status.OK);
  assertEquals(stream.received.map((bytes) => readSingleRequest(bytes).requestId), ["r1", "r1"]);
});

Deno.test("stream_doc ends with the error of the Executor, or the status of the gateway", async () => {
  const request = writeSingleRequest({ requestId: "r", endpoint: "/foo", docs: new Uint8Array() });
  {
    await using served = await Served.start(streaming(["a"], "boom"));
    const stream = served.client().serverStream(STREAM_DOC, request);
    const { code, metadata } = await stream.status;
    assertEquals([code, metadata.get("is-error")], [status.OK, ["true"]]);
    assertEquals(stream.received.map((bytes) => readSingleRequest(bytes).status?.description), [
      undefined,
      "RangeError: too big",
    ]);
  }
  await using served = await Served.start(() => ({ kind: "down", reason: "executor0 is down" }));
  const stream = served.client().serverStream(STREAM_DOC, request);
  assertEquals((await stream.status).code, status.UNAVAILABLE);
});

Deno.test("the front names an unknown method", async () => {
  await using served = await Served.start(echo);
  const { error } = await served.client().unary("/jina.JinaRPC/Nothing", new Uint8Array());
  assertEquals(error?.code, status.UNIMPLEMENTED);
  assert(error!.details.includes("/jina.JinaRPC/Nothing"));
});
