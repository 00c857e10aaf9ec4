/** The Client over gRPC, against a server that does what the test says. */
import { status } from "@grpc/grpc-js";
import { assert, assertEquals, assertMatch, assertRejects, assertStrictEquals } from "@std/assert";
import {
  BadClientError,
  BadServerError,
  Client,
  ConnectionError,
  Document,
  type DocumentInit,
  ResponseError,
} from "../../mod.ts";
import { decodeDocuments1, encodeDocument1 } from "../../src/protobuf/documents_v1.ts";
import { writeRequest, writeSingleRequest, writeStatus } from "../../src/protobuf/messages.ts";
import { readStruct, writeStruct } from "../../src/protobuf/struct.ts";
import { inTime } from "../support/in_time.ts";
import { type Call, DRY_RUN, echoed, GrpcPeer, STREAM, UNARY } from "./_grpc_server.ts";
import { freePort, many, Sockets } from "./_servers.ts";

/** The client keeps its connection after a call. */
const test = (name: string, fn: () => Promise<void>) =>
  Deno.test({ name, fn, sanitizeResources: false, sanitizeOps: false });

function failing(code: status, details: string): () => never {
  return () => {
    throw { code, details };
  };
}

const docMessage = (fields: DocumentInit) =>
  writeSingleRequest({ requestId: "r", docs: encodeDocument1(fields) });

test("Client.post() over gRPC sends requests of requestSize, and gives the documents in order", async () => {
  const gate = Promise.withResolvers<void>();
  await using peer = await GrpcPeer.start({
    [UNARY]: async (call) => {
      const first = decodeDocuments1(call.head.docs!)[0].id;
      // The first request is answered last.
      if (first === "0") await gate.promise;
      else if (first === "200") gate.resolve();
      return echoed(call);
    },
  });
  const indices: number[] = [];
  const docs = await peer.client().post("/on", many(250), {
    parameters: { a: [1, null], at: new Date(0) },
    targetExecutor: "t",
    onDone: (_, { index }) => indices.push(index),
  });
  assertEquals(docs.map(({ id }) => id), [...many(250)].map(({ id }) => id));
  assertEquals(indices.at(-1), 0);
  assertEquals(peer.heads.length, 3);
  for (const { endpoint, target, parameters, requestId } of peer.heads) {
    assertEquals([endpoint, target], ["/on", "t"]);
    assertEquals(readStruct(parameters!), { a: [1, null], at: "1970-01-01T00:00:00.000Z" });
    assertMatch(requestId, /^[0-9a-f]{32}$/);
  }
});

test("Client.post() over gRPC sends metadata and a deadline", async () => {
  const calls: Call[] = [];
  await using peer = await GrpcPeer.start({ [UNARY]: (call) => (calls.push(call), echoed(call)) });
  const client = peer.client({ metadata: { Authorization: "Bearer x" } });
  await client.post("/", {});
  await client.post("/", {}, { timeout: 60_000 });
  assertEquals(calls.map(({ metadata }) => metadata.get("authorization")), [["Bearer x"], ["Bearer x"]]);
  assertEquals(calls[0].deadline, Infinity);
  const left = calls[1].deadline - Date.now();
  assert(left > 0 && left < 62_000, `${left} ms`);
});

const STATUSES = [
  [status.INVALID_ARGUMENT, BadClientError, 422],
  [status.NOT_FOUND, BadClientError, 404],
  [status.UNIMPLEMENTED, BadClientError, 404],
  [status.RESOURCE_EXHAUSTED, BadClientError, 413],
  [status.UNAUTHENTICATED, BadClientError, 401],
  [status.PERMISSION_DENIED, BadClientError, 403],
  [status.UNAVAILABLE, BadServerError, 503],
  [status.DEADLINE_EXCEEDED, BadServerError, 504],
  [status.CANCELLED, BadServerError, 503],
  [status.INTERNAL, BadServerError, 500],
  [status.UNKNOWN, BadServerError, 500],
] as const;

test("Client.post() over gRPC throws the status of a call as HTTP's, and does not send it again", async () => {
  for (const [code, type, http] of STATUSES) {
    await using peer = await GrpcPeer.start({ [UNARY]: failing(code, "no: ä") });
    const error = await assertRejects(() => peer.client().post("/"), ResponseError, "no: ä");
    assert(error instanceof type);
    assertEquals([error.status, error.requestId], [http, peer.heads[0].requestId], status[code]);
    assertEquals(peer.heads.length, 1);
  }
});

test("Client.post() over gRPC throws the error of an answer's header", async () => {
  const exception = { name: "ValueError", args: ["boom"], stacks: [], executor: "Ex" };
  const cases = [
    [exception, BadServerError, 500, "Ex"],
    [{ ...exception, name: "UnboundEndpointError", executor: "" }, BadClientError, 404, undefined],
    [{ ...exception, name: "InvalidRequestError", executor: "" }, BadClientError, 422, undefined],
    [{ ...exception, name: "DownError", executor: "" }, BadServerError, 503, undefined],
    // An Executor's error may have any name.
    [{ ...exception, name: "DownError" }, BadServerError, 500, "Ex"],
    [undefined, BadServerError, 500, undefined],
  ] as const;
  for (const [exception, type, http, executor] of cases) {
    const status = { code: 1, description: "it failed", ...(exception && { exception }) };
    await using peer = await GrpcPeer.start({
      [UNARY]: ({ head: { requestId } }) => writeRequest({ requestId, status }),
    });
    const error = await assertRejects(() => peer.client().post("/"), ResponseError, "it failed");
    assert(error instanceof type);
    assertEquals([error.status, error.executor, error.requestId], [
      http,
      executor,
      peer.heads[0].requestId,
    ]);
  }
});

test("Client.post() over gRPC throws a BadServerError when it cannot read an answer", async () => {
  await using peer = await GrpcPeer.start({ [UNARY]: () => Uint8Array.of(255, 1) });
  const error = await assertRejects(() => peer.client().post("/"), BadServerError, "Cannot read the answer");
  assertEquals([error.status, error.requestId], [200, peer.heads[0].requestId]);
});

test("Client.post() over gRPC throws a ConnectionError naming the address when no server listens there", async () => {
  const client = new Client({ port: freePort(), protocol: "grpc" });
  const error = await assertRejects(() => client.post("/", {}, { retries: 1 }), ConnectionError);
  assertMatch(error.message, /^Cannot reach a Flow at grpc:\/\/127\.0\.0\.1:\d+: .*; is it running\?$/);
  assertEquals(error.message.match(/ECONNREFUSED/g)?.length, 1, error.message);
  assertMatch(String(error.requestId), /^[0-9a-f]{32}$/);
  assertEquals(await client.isFlowReady(), false);
});

test("Client.post() over gRPC connects again for each retry", async () => {
  for (const retries of [0, 2]) {
    await using sockets = new Sockets(() => {});
    const client = new Client({ port: sockets.port, protocol: "grpc" });
    await assertRejects(() => client.post("/", {}, { retries }), ConnectionError);
    assert(sockets.count > retries, `${sockets.count} connections`);
  }
});

test("Client.post() over gRPC reaches a server that is started again", async () => {
  const first = await GrpcPeer.start();
  const client = first.client();
  assertEquals((await client.post("/", {})).length, 1);
  first.kill();
  const posted = client.post("/", {}, { retries: 100 });
  await using second = await GrpcPeer.start({ [UNARY]: echoed }, undefined, first.port);
  assertEquals((await inTime(posted, "the answer")).length, 1);
  assertEquals(second.heads.length, 1);
});

test("Client.post() over gRPC cancels the calls in flight when it is aborted, or they are late", async () => {
  const calls: Call[] = [];
  const came = Promise.withResolvers<void>();
  await using peer = await GrpcPeer.start({
    [UNARY]: (call) => {
      if (calls.push(call) >= 2) came.resolve();
      return new Promise(() => {});
    },
  });
  const abort = new AbortController();
  const posted = peer.client().post("/", many(2), { requestSize: 1, signal: abort.signal });
  await came.promise;
  const reason = new Error("enough");
  abort.abort(reason);
  assertStrictEquals(await posted.catch((error) => error), reason);
  await inTime(Promise.all(calls.map(({ cancelled }) => cancelled)), "the cancellation");
  const error = await assertRejects(() => peer.client().post("/", {}, { timeout: 100 }), ConnectionError);
  assertMatch(error.message, /^Cannot get an answer from grpc:\S+ within 100 ms/);
  assertEquals((error.cause as Error).name, "TimeoutError");
  await inTime(calls[2].cancelled, "the cancellation");
});

test("Client.isFlowReady() over gRPC is the dry run's answer", async () => {
  for (const [code, ready] of [[0, true], [1, false]] as const) {
    await using peer = await GrpcPeer.start({ [DRY_RUN]: () => writeStatus({ code, description: "" }) });
    assertEquals(await peer.client().isFlowReady(), ready);
  }
  await using peer = await GrpcPeer.start({ [DRY_RUN]: failing(status.UNAVAILABLE, "down") });
  assertEquals(await peer.client().isFlowReady(), false);
  await using waits = await GrpcPeer.start({ [DRY_RUN]: () => new Promise(() => {}) });
  assertEquals(await waits.client().isFlowReady({ timeout: 50 }), false);
});

test("Client.post() over gRPC sends and takes messages of any size", async () => {
  await using peer = await GrpcPeer.start();
  const blob = new Uint8Array(9_000_000);
  assertEquals((await peer.client().post("/", { blob }))[0].blob?.length, blob.length);
});

test("Client.stream() over gRPC yields documents as they come, then the rest of the answer", async () => {
  const gate = Promise.withResolvers<void>();
  await using peer = await GrpcPeer.start({
    async *[STREAM]() {
      yield docMessage({ text: "one" });
      await gate.promise;
      const parameters = writeStruct({ a: 1 });
      yield writeSingleRequest({ requestId: "r", parameters, docs: encodeDocument1({ text: "two" }) });
    },
  });
  const options = { parameters: { b: 1 }, targetExecutor: "t" };
  const stream = peer.client().stream("/on", { text: "go" }, options);
  const { value: first } = await stream.next();
  assert(first instanceof Document);
  assertEquals(first.text, "one");
  gate.resolve();
  assertEquals((await stream.next()).value instanceof Document, true);
  assertEquals(await stream.next(), { done: true, value: { parameters: { a: 1 }, requestId: "r" } });
  const [{ endpoint, target, parameters }] = peer.heads;
  assertEquals([endpoint, target, readStruct(parameters!)], ["/on", "t", { b: 1 }]);
});

test("Client.stream() over gRPC holds up a server whose documents are not taken", async () => {
  let made = 0;
  const gone = Promise.withResolvers<void>();
  await using peer = await GrpcPeer.start({
    async *[STREAM]({ cancelled }) {
      cancelled.then(gone.resolve);
      for (;;) {
        made++;
        yield docMessage({ text: "x".repeat(10_000) });
        await new Promise((resolve) => setTimeout(resolve));
      }
    },
  });
  const stream = peer.client().stream("/", {});
  await stream.next();
  let before = -1;
  while (before !== made) {
    before = made;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert(made < 500, `${made} documents were made`);
  await stream.return(undefined as never);
  await inTime(gone.promise, "the cancellation");
});

test("Client.stream() over gRPC throws the signal's reason, and cancels the call", async () => {
  const gone = Promise.withResolvers<void>();
  await using peer = await GrpcPeer.start({
    async *[STREAM]({ cancelled }) {
      cancelled.then(gone.resolve);
      yield docMessage({ text: "one" });
      await new Promise(() => {});
    },
  });
  const abort = new AbortController();
  const stream = peer.client().stream("/", {}, { signal: abort.signal });
  await stream.next();
  const reason = new Error("enough");
  const next = stream.next();
  abort.abort(reason);
  assertStrictEquals(await assertRejects(() => next, Error), reason);
  await inTime(gone.promise, "the cancellation");
});

test("Client.stream() over gRPC throws typed errors, also between documents", async () => {
  const exception = { name: "E", args: [], stacks: [], executor: "Ex" };
  const ends: [() => Uint8Array, number, string | undefined][] = [
    [failing(status.DEADLINE_EXCEEDED, "no"), 504, undefined],
    [
      () => writeSingleRequest({ requestId: "r", status: { code: 1, description: "no", exception } }),
      500,
      "Ex",
    ],
  ];
  for (const [end, http, executor] of ends) {
    for (const count of [0, 2]) {
      const taken = Promise.withResolvers<void>();
      await using peer = await GrpcPeer.start({
        async *[STREAM]() {
          for (let n = 0; n < count; n++) yield docMessage({});
          // grpc-js drops messages that come together with the status of a failed call.
          await taken.promise;
          yield await end();
        },
      });
      const stream = peer.client().stream("/", {});
      for (let n = 0; n < count; n++) assertEquals((await stream.next()).done, false);
      taken.resolve();
      const error = await assertRejects(() => stream.next(), BadServerError, "no");
      assertEquals([error.status, error.executor], [http, executor]);
      assertEquals(peer.heads.length, 1);
    }
  }
});

test("Client.stream() over gRPC ends when there are no documents, and does not ask again", async () => {
  await using peer = await GrpcPeer.start({ async *[STREAM]() {}, [UNARY]: echoed });
  const { done, value } = await peer.client().stream("/", {}).next();
  assertEquals([done, value && "parameters" in value && value.parameters], [true, {}]);
  assertEquals(peer.heads.length, 1);
});

test("Client.stream() over gRPC takes a whole answer for several documents, and where nothing streams", async () => {
  await using peer = await GrpcPeer.start();
  for (const count of [0, 1, 2]) {
    assertEquals((await Array.fromAsync(peer.client().stream("/", many(count)))).length, count);
  }
});

test("Client.stream() over gRPC throws when the connection is lost, and does not try again", async () => {
  const came = Promise.withResolvers<void>();
  const peer = await GrpcPeer.start({
    async *[STREAM]() {
      yield docMessage({});
      await came.promise;
      peer.kill();
      await new Promise(() => {});
    },
  });
  const stream = peer.client().stream("/", {});
  await stream.next();
  came.resolve();
  await assertRejects(() => stream.next(), ConnectionError, "Cannot read the whole answer from grpc:");
  assertEquals(peer.heads.length, 1);
});
