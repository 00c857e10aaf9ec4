import { status } from "@grpc/grpc-js";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { GrpcFront } from "../../src/grpc/grpc_front.ts";
import { Logger } from "../../src/log/logger.ts";
import { readRequest, writeSingleRequest } from "../../src/protobuf/messages.ts";
import { CALL, done, requestOf, Served, SINGLE, STREAM_DOC } from "./_grpc.ts";

const elapsed = async (task: Promise<unknown>) => {
  const start = performance.now();
  await task;
  return performance.now() - start;
};

/** A backend that answers when a test lets it. */
function gate() {
  const begun = Promise.withResolvers<void>();
  const open = Promise.withResolvers<void>();
  return {
    begun: begun.promise,
    open: open.resolve,
    handle: async ({ body }: { body: Uint8Array }) => {
      begun.resolve();
      await open.promise;
      return done(body);
    },
  };
}

Deno.test("close() does not wait for connections without calls, nor for streams without requests", async () => {
  await using served = await Served.start();
  const [idle, other] = [served.client(), served.client()];
  await idle.unary(SINGLE, requestOf("r"));
  const stream = other.bidi(CALL).write(requestOf("r"));
  await stream.got(1);
  const ms = await elapsed(served.close(10_000));
  assert(ms < 1_000, `close() took ${ms} ms`);
  const { code, details } = await stream.status;
  assertEquals([code, details], [status.UNAVAILABLE, "the Flow is closing"]);
});

Deno.test("close() lets requests in flight finish", async () => {
  const { handle, begun, open } = gate();
  await using served = await Served.start(handle);
  const client = served.client();
  const unary = client.unary(SINGLE, requestOf("u"));
  const stream = client.bidi(CALL).write(requestOf("a"), requestOf("b")).end();
  const unended = client.bidi(CALL).write(requestOf("c"));
  await begun;
  // All three are there once a later call is answered by the server itself.
  await client.unary("/jina.JinaRPC/Nothing", new Uint8Array());
  const closed = served.close(10_000);
  open();
  await closed;
  assertEquals(readRequest((await unary).bytes!).requestId, "u");
  assertEquals([(await stream.status).code, stream.received.length], [status.OK, 2]);
  assertEquals([(await unended.status).code, unended.received.length], [status.UNAVAILABLE, 1]);
});

Deno.test("close() cuts what does not finish in time", async () => {
  const { handle, begun } = gate();
  await using served = await Served.start(handle);
  const client = served.client();
  const unary = client.unary(SINGLE, requestOf("u"));
  const stream = client.bidi(CALL).write(requestOf("a"));
  await begun;
  const ms = await elapsed(served.close(200));
  assert(ms > 150 && ms < 2_000, `close() took ${ms} ms`);
  assert((await unary).error !== undefined);
  assert((await stream.status).code !== status.OK);
});

Deno.test("close() lets the stream of a generator come to its end", async () => {
  const { promise: next, resolve } = Promise.withResolvers<void>();
  await using served = await Served.start(async ({ body }, { stream }) => {
    stream!.begin();
    stream!.push(new Uint8Array([1]));
    await next;
    stream!.push(new Uint8Array([2]));
    return done(body);
  });
  const request = writeSingleRequest({ requestId: "r", endpoint: "/foo", docs: new Uint8Array() });
  const stream = served.client().serverStream(STREAM_DOC, request);
  await stream.got(1);
  const closed = served.close(10_000);
  resolve();
  await closed;
  assertEquals([(await stream.status).code, stream.received.length], [status.OK, 2]);
});

Deno.test("close() is not held up by a client that does not read", async () => {
  await using served = await Served.start(({ body }, { stream }) => {
    stream!.begin();
    for (let count = 0; count < 200; count++) stream!.push(new Uint8Array(100_000));
    return done(body);
  });
  const request = writeSingleRequest({ requestId: "r", endpoint: "/foo", docs: new Uint8Array() });
  const stream = served.client().serverStream(STREAM_DOC, request);
  stream.call.pause();
  await new Promise((resolve) => stream.call.once("metadata", resolve));
  const ms = await elapsed(served.close(200));
  assert(ms < 2_000, `close() took ${ms} ms`);
});

Deno.test("start() rejects with LISTEN_FAILED when the port is in use", async () => {
  await using served = await Served.start();
  const front = new GrpcFront(
    { host: "127.0.0.1", port: served.port, bodyLimit: 1 },
    new Logger("Flow", () => {}),
  );
  const error = await assertRejects(() => front.start({} as never), Error, "the port is in use");
  assertEquals((error as { code?: string }).code, "LISTEN_FAILED");
});

Deno.test("close() does not wait for connections that say nothing, or have nothing to say any more", async () => {
  await using served = await Served.start();
  using silent = await Deno.connect({ hostname: "127.0.0.1", port: served.port });
  using greeting = await Deno.connect({ hostname: "127.0.0.1", port: served.port });
  const frame = [0, 0, 0, 4, 0, 0, 0, 0, 0];
  await greeting.write(
    Uint8Array.from([...new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), ...frame]),
  );
  // The server answers with its settings.
  await greeting.read(new Uint8Array(64));
  const ms = await elapsed(served.close(10_000));
  assert(ms < 3_000, `close() took ${ms} ms`);
  // They are closed from this side.
  while (await silent.read(new Uint8Array(64)) !== null);
});
