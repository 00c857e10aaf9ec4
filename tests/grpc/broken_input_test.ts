/** Bytes that are no gRPC, or not Jina's: the status says so, and the server goes on. @module */
import { status } from "@grpc/grpc-js";
import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { connect } from "node:http2";
import { gzipSync } from "node:zlib";
import { Flow } from "../../mod.ts";
import { exchange } from "../support/jina_exchanges.ts";
import { inTime } from "../support/in_time.ts";
import { CALL, LIST, RawClient, SINGLE, STREAM_DOC } from "./_grpc.ts";
import { Ex } from "./_executors.ts";

/** The same numbers in each run. */
function random(seed: number): () => number {
  return () => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
}

/** Sends bytes as a body; returns the status, from the headers or the trailers. */
async function send(port: number, body: Uint8Array, headers: Record<string, string> = {}): Promise<unknown> {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on("error", () => {});
  const stream = session.request({
    ":method": "POST",
    ":path": SINGLE,
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
  });
  let code: unknown;
  stream.on("response", (all) => code = all["grpc-status"] ?? all[":status"]);
  stream.on("trailers", (all) => code = all["grpc-status"]);
  stream.on("error", () => {});
  stream.resume();
  stream.end(body);
  await inTime(once(stream, "close"), "the end of a call");
  session.destroy();
  return code;
}

Deno.test("broken frames, protobuf and paths get a status, and the next call is answered", async () => {
  await using flow = await new Flow({ protocol: "grpc", port: 0, log: () => {} }).add({ uses: Ex }).start();
  const { port } = flow;
  const frame = (bytes: Uint8Array, flag = 0, length = bytes.length) => {
    const head = Buffer.alloc(5);
    head.writeUInt8(flag, 0);
    head.writeUInt32BE(length, 1);
    return Buffer.concat([head, bytes]);
  };
  const { request } = exchange("1_foo_two");
  const zipped = gzipSync(request);
  const cases: [Uint8Array, Record<string, string>, string][] = [
    // No message, half a head, half a message, a length beyond the limit.
    [new Uint8Array(), {}, "12"],
    [new Uint8Array([0, 0]), {}, "12"],
    [frame(request, 0, request.length + 9), {}, "12"],
    [frame(request, 0, 2 ** 31), {}, "8"],
    // Two messages; one that is said to be compressed, and is not; an unknown coding.
    [Buffer.concat([frame(request), frame(request)]), {}, "12"],
    [frame(request, 1), { "grpc-encoding": "gzip" }, "3"],
    // Gzip without its end, and with a changed checksum.
    [frame(zipped.subarray(0, -9), 1), { "grpc-encoding": "gzip" }, "3"],
    [frame(zipped.map((byte, at) => at === zipped.length - 8 ? byte ^ 1 : byte), 1), {
      "grpc-encoding": "gzip",
    }, "3"],
    [frame(zipped, 1), { "grpc-encoding": "gzip" }, "0"],
    [frame(request, 1), { "grpc-encoding": "br" }, "12"],
    [frame(request), { "grpc-timeout": "soon" }, "13"],
    [frame(request), { ":path": "/no.Such/Method" }, "12"],
    [frame(request), {}, "0"],
  ];
  for (const [index, [body, headers, expected]] of cases.entries()) {
    assertEquals(String(await send(port, body, headers)), expected, `case ${index}`);
  }
  // A client of HTTP/1 gets no answer that it could read, but an end.
  await inTime(
    fetch(`http://127.0.0.1:${port}/`).then((answer) => answer.body?.cancel(), () => {}),
    "HTTP/1",
  );

  const client = new RawClient(port);
  const next = random(7);
  const stream = client.bidi(CALL);
  const requests = ["1_foo_two", "1_fields", "1_tensor_float32", "2_foo_two", "2_rich"].map((name) =>
    exchange(name).request
  );
  const allowed: number[] = [status.OK, status.INVALID_ARGUMENT];
  let sent = 0;
  for (let round = 0; round < 300; round++) {
    const bytes = new Uint8Array(requests[round % requests.length]);
    for (let change = 0; change < 3; change++) {
      bytes[Math.floor(next() * bytes.length)] = Math.floor(next() * 256);
    }
    const broken = next() < 0.5 ? bytes : bytes.subarray(0, Math.floor(next() * bytes.length));
    for (const path of [SINGLE, LIST]) {
      const { error } = await inTime(client.unary(path, broken, {}, { deadline: Date.now() + 5_000 }), path);
      assert(allowed.includes(error?.code ?? 0), `${path} of round ${round}: ${error}`);
    }
    const documents = client.serverStream(STREAM_DOC, broken, { deadline: Date.now() + 5_000 });
    const { code, details } = await inTime(documents.status, STREAM_DOC);
    assert(allowed.includes(code), `stream_doc of round ${round}: ${code} ${details}`);
    stream.write(broken);
    sent++;
  }
  assertEquals((await inTime(stream.end().status, "the stream")).code, status.OK);
  assertEquals(stream.received.length, sent);
  const { error } = await client.unary(SINGLE, request);
  assertEquals(error, undefined);
  client.close();
});
