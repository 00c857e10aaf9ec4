import { Buffer } from "node:buffer";
import { once } from "node:events";
import { connect } from "node:http2";
import { gzipSync } from "node:zlib";
import { compressionAlgorithms, status } from "@grpc/grpc-js";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { readRequest, writeRequest, writeSingleRequest } from "../../src/protobuf/messages.ts";
import { CALL, done, echo, type Handle, requestOf, Served, SINGLE, STREAM_DOC } from "./_grpc.ts";

/** Waits until a request is cancelled. */
class Hanging {
  readonly #cancelled = Promise.withResolvers<Error>();
  readonly #begun = Promise.withResolvers<void>();
  readonly cancelled = this.#cancelled.promise;
  readonly begun = this.#begun.promise;
  readonly handle: Handle = ({ body }, { cancel }) => {
    this.#begun.resolve();
    return new Promise((resolve) =>
      cancel.onCancel((reason) => {
        this.#cancelled.resolve(reason);
        const { name, message } = reason;
        resolve({
          ...done(body) as object,
          error: {
            reason: name === "TimeoutError" ? "deadline" : "failed",
            info: { name, message, stack: "" },
            executor: "gateway",
          },
        } as never);
      })
    );
  };
}

const single = (requestId: string) =>
  writeSingleRequest({ requestId, endpoint: "/foo", docs: new Uint8Array() });
const gzip = { "grpc.default_compression_algorithm": compressionAlgorithms.gzip };

Deno.test("a cancelled call cancels its requests", async () => {
  for (const kind of ["unary", "bidi", "serverStream"] as const) {
    const hanging = new Hanging();
    await using served = await Served.start(hanging.handle);
    const client = served.client();
    const call = kind === "unary"
      ? client.cancellable(SINGLE, requestOf("r"))
      : kind === "bidi"
      ? client.bidi(CALL).write(requestOf("r")).call
      : client.serverStream(STREAM_DOC, single("r")).call;
    await hanging.begun;
    call.cancel();
    assertEquals((await hanging.cancelled).name, "AbortError");
  }
});

Deno.test("a client that is gone cancels its requests", async () => {
  const hanging = new Hanging();
  await using served = await Served.start(hanging.handle);
  const client = served.client();
  const stream = client.bidi(CALL).write(requestOf("r"));
  await hanging.begun;
  // The channel of a client stays open for its streams.
  stream.call.cancel();
  client.close();
  assertEquals((await hanging.cancelled).name, "AbortError");
});

Deno.test("a call's own deadline ends it, and is the reason of its requests", async () => {
  const hanging = new Hanging();
  await using served = await Served.start(hanging.handle);
  // The header alone: a client with a deadline cancels at the same time, and either may come first.
  const outcome = served.client().unary(SINGLE, requestOf("r"), { "grpc-timeout": "100m" });
  assertEquals((await hanging.cancelled).name, "TimeoutError");
  assertEquals((await outcome).error?.code, status.DEADLINE_EXCEEDED);
});

Deno.test("the Flow's timeout is DEADLINE_EXCEEDED for a unary call, and an error in the header of a stream", async () => {
  const hanging = new Hanging();
  await using served = await Served.start(hanging.handle, { timeout: 50 });
  const { error } = await served.client().unary(SINGLE, requestOf("r"));
  assertEquals(error?.code, status.DEADLINE_EXCEEDED);
  assertStringIncludes(error!.details, "50 ms");
  const stream = served.client().bidi(CALL).write(requestOf("r")).end();
  assertEquals((await stream.status).code, status.OK);
  assertEquals(readRequest(stream.received[0]).status?.exception?.name, "TimeoutError");
});

Deno.test("a request's own timeout counts in seconds", async () => {
  const hanging = new Hanging();
  await using served = await Served.start(hanging.handle, { timeout: 60_000 });
  const request = writeRequest({ requestId: "r", endpoint: "/foo", timeout: 1, docs: new Uint8Array() });
  const { error } = await served.client().unary(SINGLE, request);
  assertEquals(error?.code, status.DEADLINE_EXCEEDED);
  assertStringIncludes(error!.details, "1000 ms");
});

Deno.test("a request over the limit is RESOURCE_EXHAUSTED, also when it is small before it is decompressed", async () => {
  await using served = await Served.start(echo, { bodyLimit: 10_000 });
  const [plain, compressing] = [served.client(), served.client(gzip)];
  assertEquals((await plain.unary(SINGLE, requestOf("r", 9_000))).error, undefined);
  assertEquals((await compressing.unary(SINGLE, requestOf("r", 9_000))).error, undefined);
  for (const client of [plain, compressing]) {
    const { error } = await client.unary(SINGLE, requestOf("r", 11_000));
    assertEquals(error?.code, status.RESOURCE_EXHAUSTED);
    const stream = client.bidi(CALL).write(requestOf("r", 11_000));
    assertEquals((await stream.status).code, status.RESOURCE_EXHAUSTED);
  }
  // 30 MB of zeros take 30 kB.
  const bomb = await compressing.unary(SINGLE, requestOf("r", 30_000_000));
  assertEquals(bomb.error?.code, status.RESOURCE_EXHAUSTED);
});

Deno.test("no limit takes large requests", async () => {
  await using served = await Served.start(echo, { bodyLimit: Infinity });
  const client = served.client({ "grpc.max_receive_message_length": -1 });
  const request = requestOf("r", 40_000_000);
  const { bytes } = await client.unary(SINGLE, request);
  assertEquals(readRequest(bytes!).docs, readRequest(request).docs);
});

Deno.test("large answers are compressed for a client that compresses, and only for that one", async () => {
  await using served = await Served.start();
  for (const compresses of [false, true]) {
    for (const size of [10, 200_000]) {
      const request = requestOf("r", size);
      const client = served.client(compresses ? gzip : {});
      const docs = readRequest(request).docs;
      assertEquals(readRequest((await client.unary(SINGLE, request)).bytes!).docs, docs);
      const stream = client.bidi(CALL).write(request).end();
      assertEquals((await stream.status).code, status.OK);
      assertEquals(readRequest(stream.received[0]).docs, docs);
      const [encoding, frame] = await onTheWire(served.port, request, compresses);
      assertEquals(encoding, compresses ? "gzip" : "identity");
      assertEquals([frame[0], frame.length > size], compresses && size > 10 ? [1, false] : [0, true]);
    }
  }
});

/** The answer to a request as it is on the wire: its encoding, and its frame. */
async function onTheWire(port: number, request: Uint8Array, compresses: boolean): Promise<[unknown, Buffer]> {
  const session = connect(`http://127.0.0.1:${port}`);
  const stream = session.request({
    ":method": "POST",
    ":path": SINGLE,
    "content-type": "application/grpc",
    te: "trailers",
    ...(compresses && { "grpc-encoding": "gzip" }),
  });
  const bytes = compresses ? gzipSync(request) : Buffer.from(request);
  const head = Buffer.alloc(5);
  head.writeUInt8(Number(compresses), 0);
  head.writeUInt32BE(bytes.length, 1);
  stream.end(Buffer.concat([head, bytes]));
  const parts: Buffer[] = [];
  let encoding: unknown;
  stream.on("response", (headers) => encoding = headers["grpc-encoding"]);
  stream.on("data", (part: Buffer) => parts.push(part));
  await once(stream, "end");
  await new Promise<void>((resolve) => session.close(() => resolve()));
  return [encoding, Buffer.concat(parts)];
}

Deno.test("a connection carries at least 100 streams", async () => {
  let open = 0;
  const all = Promise.withResolvers<void>();
  await using served = await Served.start(async ({ body }) => {
    if (++open === 150) all.resolve();
    await all.promise;
    return done(body);
  });
  const client = served.client();
  const calls = Array.from({ length: 150 }, (_, at) => client.unary(SINGLE, requestOf(`r${at}`)));
  const outcomes = await Promise.all(calls);
  assertEquals(outcomes.filter(({ error }) => error !== undefined), []);
});

Deno.test("a client that does not read makes a stream wait", async () => {
  let pushed = 0;
  await using served = await Served.start(async ({ body }, { stream, cancel }) => {
    let credit = 16;
    let wake = () => {};
    stream!.onConsumed = (room) => {
      credit += room;
      wake();
    };
    cancel.onCancel(() => wake());
    stream!.begin();
    while (pushed < 500 && cancel.reason === undefined) {
      while (credit <= 0 && cancel.reason === undefined) await new Promise<void>((resolve) => wake = resolve);
      stream!.push(new Uint8Array(64_000));
      credit -= 16;
      pushed++;
    }
    return done(body);
  });
  const stream = served.client().serverStream(STREAM_DOC, single("r"));
  stream.call.pause();
  // The windows of HTTP/2 and of the client fill up.
  let before = -1;
  while (pushed !== before || pushed === 0) {
    before = pushed;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert(pushed < 400, `${pushed} documents were made`);
  stream.call.resume();
  assertEquals((await stream.status).code, status.OK);
  assertEquals(stream.received.length, 500);
});
