/** Clients that say `GOAWAY` before they close a connection. In a process of its own, which it must not end. */
import { assertEquals } from "@std/assert";
import { FlowProcess, flowScript } from "../support/process.ts";
import { executorSource } from "../support/flow_fixture.ts";
import { FILE } from "../support/reloading.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { requestOf } from "./_grpc.ts";

const HEADERS = 1;
const SETTINGS = 4;
const GOAWAY = 7;
const END_STREAM = 1;
const END_HEADERS = 4;

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(9 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length << 8 | type);
  view.setUint8(4, flags);
  view.setUint32(5, stream);
  bytes.set(payload, 9);
  return bytes;
}

/** A header without compression. */
function header(name: string, value: string): number[] {
  const text = (word: string) => [word.length, ...new TextEncoder().encode(word)];
  return [0, ...text(name), ...text(value)];
}

const HEAD = Uint8Array.from([
  ...header(":method", "POST"),
  ...header(":scheme", "http"),
  ...header(":path", "/jina.JinaSingleDataRequestRPC/process_single_data"),
  ...header(":authority", "localhost"),
  ...header("content-type", "application/grpc"),
  ...header("te", "trailers"),
]);

/** Sends some requests, waits for the end of each answer, says GOAWAY, and closes. Returns the number of answers. */
async function visit(port: number, requests: number): Promise<number> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const send = async (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
  };
  await send(new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
  await send(frame(SETTINGS, 0, 0, new Uint8Array(0)));
  const message = requestOf("r");
  const data = new Uint8Array(5 + message.length);
  new DataView(data.buffer).setUint32(1, message.length);
  data.set(message, 5);
  let received = new Uint8Array(0);
  const next = async () => {
    for (;;) {
      const length = received.length < 9
        ? Infinity
        : 9 + (new DataView(received.buffer, received.byteOffset).getUint32(0) >>> 8);
      if (received.length >= length) {
        const one = received.subarray(0, length);
        received = received.slice(length);
        return { type: one[3], flags: one[4] };
      }
      const bytes = new Uint8Array(16_384);
      const count = await connection.read(bytes);
      if (count === null) return undefined;
      received = Uint8Array.from([...received, ...bytes.subarray(0, count)]);
    }
  };
  let answers = 0;
  for (let stream = 1; answers < requests; stream += 2) {
    await send(
      Uint8Array.from([...frame(HEADERS, END_HEADERS, stream, HEAD), ...frame(0, END_STREAM, stream, data)]),
    );
    for (let got = await next(); got !== undefined; got = await next()) {
      if (got.type === HEADERS && (got.flags & END_STREAM) !== 0) break;
    }
    answers++;
  }
  await send(frame(GOAWAY, 0, 0, new Uint8Array(8)));
  return answers;
}

Deno.test("clients that say GOAWAY do not end the process", async () => {
  await using folder = await TempFolder.make();
  await folder.write(FILE, executorSource("v1"));
  const script = flowScript({ uses: folder.at(FILE) }, { protocol: "grpc" });
  await using running = await FlowProcess.serve(folder, script);
  for (let round = 0; round < 5; round++) {
    const visits = Array.from({ length: 4 }, () => visit(running.port, 200));
    assertEquals(await Promise.all(visits), [200, 200, 200, 200]);
  }
  running.signal("SIGTERM");
  assertEquals(await running.exited(5_000), 0);
});
