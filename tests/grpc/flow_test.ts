import { status } from "@grpc/grpc-js";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Flow, type FlowOptions } from "../../mod.ts";
import { readRequest, readSingleRequest, type RequestHead } from "../../src/protobuf/messages.ts";
import { readStruct } from "../../src/protobuf/struct.ts";
import { BinaryReader } from "../../src/protobuf/wire.ts";
import { contentOf, DOCUMENTS, recordings } from "../protobuf/_recordings.ts";
import { exchange } from "../support/jina_exchanges.ts";
import { CALL, LIST, RawClient, requestOf, SINGLE, STREAM_DOC } from "./_grpc.ts";
import { Ex } from "./_executors.ts";

/** A Flow of the Executor of the recordings, and a client. */
async function serve(options: FlowOptions = { protocol: "grpc", port: 0 }) {
  const flow = await new Flow({ log: () => {}, ...options }).add({ uses: Ex }).start();
  const client = new RawClient(flow.ports.at(-1)!);
  return {
    flow,
    client,
    async [Symbol.asyncDispose]() {
      client.close();
      await flow.close();
    },
  };
}

function executorOf(route: Uint8Array): string {
  const reader = new BinaryReader(route);
  reader.tag();
  return reader.string();
}

/** An answer without its times. */
function answerOf(
  { routes, parameters, docs, status, ...header }: RequestHead & { status?: unknown },
  generation: 1 | 2,
) {
  return {
    header,
    failed: status !== undefined,
    parameters: readStruct(parameters ?? new Uint8Array()),
    routes: routes.map(executorOf),
    docs: contentOf(docs ?? new Uint8Array(), DOCUMENTS[generation]),
  };
}

/** Where the Executor differs: Python's JSON, and fields that its Document sets by itself. */
const OTHER_DOCUMENTS = ["1_params", "1_fields"];

Deno.test("a Flow answers the recorded requests as Jina does, by Call and process_single_data", async () => {
  await using served = await serve();
  for (const { name, generation, method, request, responses } of recordings) {
    if (method !== CALL || responses.length === 0) continue;
    const expected = answerOf(readRequest(responses[0]), generation);
    const stream = served.client.bidi(CALL).write(request).end();
    assertEquals((await stream.status).code, status.OK, name);
    const { bytes } = await served.client.unary(SINGLE, request);
    for (const answer of [stream.received[0], bytes!]) {
      const { docs, ...rest } = answerOf(readRequest(answer), generation);
      const { docs: expectedDocs, ...expectedRest } = expected;
      assertEquals(rest, expectedRest, name);
      if (!OTHER_DOCUMENTS.includes(name)) assertEquals(docs, expectedDocs, name);
    }
  }
});

Deno.test("a Flow puts what an Executor throws into the header, as Jina does", async () => {
  await using served = await serve();
  for (const name of ["1_raise", "2_raise"]) {
    const stream = served.client.bidi(CALL).write(exchange(name).request).end();
    await stream.status;
    const { status: error, routes, docs } = readRequest(stream.received[0]);
    const { code, description, exception } = error!;
    assertEquals([code, description], [1, "RangeError: boom from executor"]);
    assertEquals([exception?.name, exception?.args, exception?.executor], ["RangeError", [
      "boom from executor",
    ], "Ex"]);
    assert(exception!.stacks.length > 1);
    assertEquals(routes.map(executorOf), ["gateway", "executor0"]);
    const message = DOCUMENTS[name.startsWith("1") ? 1 : 2];
    assertEquals(contentOf(docs!, message), contentOf(readRequest(exchange(name).request).docs!, message));
  }
});

Deno.test("a Flow streams the documents of a generator over stream_doc", async () => {
  await using served = await serve();
  const { request, responses } = exchange("2_stream_doc");
  const stream = served.client.serverStream(STREAM_DOC, request);
  assertEquals((await stream.status).code, status.OK);
  const textOf = (bytes: Uint8Array) =>
    JSON.stringify(contentOf(readSingleRequest(bytes).docs!, DOCUMENTS[2][1][1] as never)).match(/hi \d/)
      ?.[0];
  assertEquals(stream.received.map(textOf), responses.map(textOf));
});

Deno.test("a Flow merges the requests of process_data by the ids of their documents", async () => {
  await using served = await serve();
  const { request } = exchange("1_foo_two");
  // A list with the same request twice: field 1, its length, and its bytes.
  const list = new Uint8Array([...[request, request].flatMap((one) => [0x0a, one.length, ...one])]);
  const { bytes, error } = await served.client.unary(LIST, list);
  assertEquals(error, undefined);
  const { docs, endpoint } = readRequest(bytes!);
  assertEquals([contentOf(docs!, DOCUMENTS[1]), endpoint], [
    { docs: [{ id: "1", text: "foo:a" }, { id: "2", text: "foo:b" }] },
    "/foo",
  ]);
});

Deno.test("a Flow serves both protocols, each on its own port, with the same documents", async () => {
  await using served = await serve({ protocol: ["http", "grpc"], port: [0, 0] });
  const { flow, client } = served;
  const [http, grpc] = flow.ports;
  assert(http > 0 && grpc > 0 && http !== grpc);
  assertEquals(flow.port, http);
  assertEquals(flow.status().ports, [{ protocol: "http", port: http }, { protocol: "grpc", port: grpc }]);
  const { bytes } = await client.unary(SINGLE, exchange("1_foo_two").request);
  const [first] = contentOf(readRequest(bytes!).docs!, DOCUMENTS[1]).docs as { text: string }[];
  const [posted] = await flow.post("/foo", [{ id: "1", text: "a" }]);
  assertEquals([first.text, posted.text], ["foo:a", "foo:a"]);
  const answer = await fetch(`http://127.0.0.1:${http}/status`);
  assertEquals((await answer.json()).ports, flow.status().ports);
});

Deno.test("Flow.post() and Flow.stream() go over gRPC when nothing else is served", async () => {
  await using served = await serve();
  assertEquals((await served.flow.post("/foo", { text: "a" }))[0].text, "foo:a");
  const texts = [];
  for await (const { text } of served.flow.stream("/stream", { text: "hi" })) texts.push(text);
  assertEquals(texts, ["hi 0", "hi 1", "hi 2"]);
});

Deno.test("a Flow logs where each protocol is served", async () => {
  const lines: unknown[] = [];
  const flow = new Flow({
    protocol: ["grpc", "http"],
    port: [0, 0],
    log: ({ event, message }) => event?.kind === "serving" && lines.push([message, event]),
  }).add({ uses: Ex });
  await flow.start();
  const [grpc, http] = flow.ports;
  await flow.close();
  const event = { kind: "serving", host: "127.0.0.1" };
  assertEquals(lines, [
    [`serving at grpc://127.0.0.1:${grpc}`, { ...event, protocol: "grpc", port: grpc }],
    [`serving at http://127.0.0.1:${http}`, { ...event, protocol: "http", port: http }],
  ]);
});

Deno.test("Flow has one port for each protocol", () => {
  const portsOf = (options: object) => new Flow(options as FlowOptions).ports;
  assertEquals(portsOf({}), [12345]);
  assertEquals(portsOf({ protocol: "grpc" }), [12345]);
  assertEquals(portsOf({ protocol: ["http", "grpc"] }), [12345, 12346]);
  assertEquals(portsOf({ protocol: ["GRPC"], port: [7] }), [7]);
  assertEquals(portsOf({ protocol: ["http", "grpc"], port: 0 }), [0, 0]);
  const wrong: [object, typeof Error, string][] = [
    [
      { protocol: ["http", "grpc"], port: 7 },
      TypeError,
      "expected one port for each protocol, such as port: [12345, 12346]",
    ],
    [{ port: [7, 8] }, TypeError, "expected one port for each protocol, such as port: 12345"],
    [{ protocol: ["http", "http"], port: [7, 8] }, TypeError, "http is in the list twice"],
    [{ protocol: ["http", "grpc"], port: [7, 7] }, RangeError, "7 is in the list twice"],
    [{ protocol: [] }, TypeError, "the list is empty"],
    [{ protocol: "websocket" }, TypeError, "WebSocket is served with HTTP, on the same port"],
    [{ protocol: "ftp" }, TypeError, 'expected "http" or "grpc", or a list of both'],
  ];
  for (const [options, type, message] of wrong) assertThrows(() => portsOf(options), type, message);
});

Deno.test("a Flow whose gRPC port is in use does not start, and lets the others go", async () => {
  await using served = await serve();
  const flow = new Flow({ protocol: ["http", "grpc"], port: [0, served.flow.port], log: () => {} }).add({
    uses: Ex,
  });
  const error = await assertRejects(
    () => flow.start(),
    Error,
    `Cannot serve at 127.0.0.1:${served.flow.port}`,
  );
  assertEquals((error as { code?: string }).code, "LISTEN_FAILED");
});

Deno.test("a Flow that is closed answers what it has, and ends its streams", async () => {
  await using served = await serve();
  const stream = served.client.bidi(CALL).write(requestOf("r"));
  await stream.got(1);
  await served.flow.close();
  assertEquals((await stream.status).code, status.UNAVAILABLE);
});
