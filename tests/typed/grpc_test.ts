/** Endpoints with schemas, over gRPC with documents of the second generation. */
import { status } from "@grpc/grpc-js";
import { fromBinary } from "@bufbuild/protobuf";
import { assertEquals, assertMatch } from "@std/assert";
import { type AddOptions, Flow } from "../../mod.ts";
import { EndpointsProtoSchema } from "../../src/grpc/gen/jina_pb.ts";
import { readRequest, readSingleRequest, writeRequest } from "../../src/protobuf/messages.ts";
import { writeNdArray } from "../../src/protobuf/ndarray.ts";
import { writeMessage, written } from "../../src/protobuf/wire.ts";
import { CALL, RawClient, SINGLE, STREAM_DOC } from "../grpc/_grpc.ts";
import { docOf, node } from "../protobuf/_nodes.ts";
import { type Content, contentOf, DOCUMENT, DOCUMENTS } from "../protobuf/_recordings.ts";
import { PACKAGE } from "../support/flow_fixture.ts";
import { exchange } from "../support/jina_exchanges.ts";
import { LogTrap } from "../support/log_trap.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { Kinds, LastKinds, SeenKinds } from "./_kinds.ts";

/** A Flow that serves gRPC, and a client of it. */
async function serve(...adds: AddOptions[]) {
  const flow = new Flow({ protocol: "grpc", port: 0, log: () => {} });
  for (const add of adds) flow.add(add);
  await flow.start();
  const client = new RawClient(flow.port);
  return {
    client,
    async ask(endpoint: string, ...docs: Uint8Array[]) {
      const list = written((writer) => docs.forEach((doc) => writer.uint32(10).bytes(doc)));
      const { bytes, error } = await client.unary(
        SINGLE,
        writeRequest({ requestId: "r", endpoint, docs: list }),
      );
      const { status = undefined, docs: answered } = bytes === undefined ? {} : readRequest(bytes);
      return { error, status, docs: answered && kindsOf(answered) };
    },
    async [Symbol.asyncDispose]() {
      client.close();
      await flow.close();
    },
  };
}

/** The fields of documents, with the kinds of their values. */
function kindsOf(docs: Uint8Array): Content[] {
  const { docs: list = [] } = contentOf(docs, DOCUMENTS[2]);
  return (list as Content[]).map(({ data }) => data as Content);
}

const id = (id: string) => node.text(id, "id");
const bytes = written((writer) => writer.uint32(42).bytes(Uint8Array.of(1, 2)));
const yes = written((writer) => writer.uint32(32).bool(true));
const inner = (number: number, values: Record<string, Uint8Array>) =>
  written((writer) => writer.uint32(number << 3 | 2).bytes(docOf(values)));
const array = (values: unknown) =>
  written((writer) => {
    writeNdArray(writer.uint32(50), values, 2);
    writer.uint32(106).string("ndarray");
  });
const docs = (...all: Record<string, Uint8Array>[]) =>
  written((writer) => {
    writer.uint32(66).fork();
    for (const values of all) writeMessage(writer, 1, docOf(values));
    writer.join();
  });

const FULL = {
  id: id("a"),
  title: node.text("tea", "title"),
  price: node.float(3),
  count: node.integer(2),
  rate: node.float(1.5),
  fresh: yes,
  none: node.none,
  raw: bytes,
  vector: array(Float32Array.of(1, 2)),
  rows: array([Float64Array.of(1, 2), Float64Array.of(3, 4)]),
  embedding: array(Float32Array.of(1, 2)),
  names: node.items(10, node.text("x")),
  pair: node.items(11, node.integer(1), node.float(1)),
  shop: inner(7, { id: id("s"), city: node.text("Bonn"), rating: node.float(4) }),
  place: node.dict({ x: node.float(1), deep: inner(7, { n: node.integer(1) }) }),
  parts: docs({ id: id("p"), weight: node.float(2) }, { weight: node.float(1) }),
};

Deno.test("a typed endpoint gets gRPC documents with their types, and they go back as they came", async () => {
  await using served = await serve({ uses: Kinds });
  const message = docOf(FULL);
  const list = written((writer) => writer.uint32(10).bytes(message));
  for (const endpoint of ["/echo", "/copy", "/output"]) {
    const { docs, status } = await served.ask(endpoint, message);
    assertEquals([status, docs], [undefined, kindsOf(list)], endpoint);
  }
  const { docs: [{ saw }] = [] } = await served.ask("/saw", message);
  assertEquals(JSON.parse((saw as { text: string }).text), {
    id: "a",
    title: "tea",
    price: 3,
    count: 2,
    rate: 1.5,
    fresh: true,
    none: null,
    raw: "Uint8Array 1,2",
    vector: [1, 2],
    rows: [[1, 2], [3, 4]],
    embedding: [1, 2],
    names: ["x"],
    pair: [1, 1],
    shop: { id: "s", city: "Bonn", rating: 4 },
    place: { x: 1, deep: { n: 1 } },
    parts: [{ id: "p", weight: 2 }, { weight: 1 }],
  });
});

Deno.test("a typed endpoint answers over gRPC with numbers as its schema says", async () => {
  await using served = await serve({ uses: Kinds });
  const { docs } = await served.ask("/numbers", docOf({ id: id("a") }));
  const float = (float: number) => ({ float });
  const integer = (integer: number) => ({ integer });
  assertEquals(docs, [{
    id: { text: "a", type: "id" },
    price: float(3),
    count: integer(3),
    free: integer(3),
    maybe: float(3),
    list: { list: { data: [float(1), float(2)] } },
    pair: { list: { data: [integer(1), float(1)] } },
    tree: {
      dict: { data: { size: float(1), kids: { list: { data: [{ dict: { data: { size: float(2) } } }] } } } },
    },
    scores: { dict: { data: { a: float(1) } } },
  }]);
});

Deno.test("a typed endpoint answers over gRPC with what changed, as what it was where that fits", async () => {
  await using served = await serve({ uses: Kinds });
  const { docs: [doc] = [] } = await served.ask("/change", docOf(FULL));
  assertEquals(doc.title, { text: "other", type: "title" });
  assertEquals(doc.names, { set: { data: [{ text: "x" }, { text: "y" }] } });
  assertEquals(doc.price, { text: "free" });
  assertEquals(doc.rows, { list: { data: [{ text: "none" }] } });
  const vector = doc.vector as { ndarray: { dense: Content } };
  assertEquals([vector.ndarray.dense.dtype, vector.ndarray.dense.shape], ["<f4", [3]]);
  assertEquals(doc.parts, {
    doc_array: {
      docs: [{ data: { weight: { float: 5 } } }, {
        data: { id: { text: "p", type: "id" }, weight: { float: 2 } },
      }],
    },
  });
  assertEquals(doc.made, { dict: { data: { n: { integer: 1 }, f: { float: 1.5 } } } });
});

Deno.test("documents keep their kinds through chains of typed and untyped Executors", async () => {
  await using served = await serve({ uses: SeenKinds }, { uses: Kinds }, { uses: SeenKinds }, {
    uses: LastKinds,
  });
  const [doc] = (await served.ask("/echo", docOf(FULL))).docs ?? [];
  const { seen, last, ...rest } = doc;
  assertEquals(rest, kindsOf(written((writer) => writer.uint32(10).bytes(docOf(FULL))))[0]);
  assertEquals([seen, last], [{ integer: 2 }, { float: 1 }]);
});

Deno.test("documents keep their kinds where branches with schemas meet", async () => {
  await using served = await serve(
    { uses: Kinds, name: "left" },
    { uses: LastKinds, name: "right", needs: "gateway" },
    { uses: SeenKinds, needs: ["left", "right"] },
  );
  const [doc] = (await served.ask("/echo", docOf(FULL))).docs ?? [];
  const { seen, last, ...rest } = doc;
  assertEquals(rest, kindsOf(written((writer) => writer.uint32(10).bytes(docOf(FULL))))[0]);
  assertEquals([seen, last], [{ integer: 1 }, { float: 1 }]);
});

Deno.test("a typed endpoint refuses gRPC documents with the place, by each call", async () => {
  await using served = await serve({ uses: Kinds });
  const wrong = docOf({ ...FULL, shop: inner(7, { city: node.integer(5), rating: node.float(4) }) });
  const { error } = await served.ask("/copy", docOf(FULL), wrong);
  const place = /body\.data\.docs\.1\.shop\.city: /;
  assertEquals(error?.code, status.INVALID_ARGUMENT);
  assertMatch(error?.details ?? "", place);
  const docs = written((writer) => [docOf(FULL), wrong].forEach((doc) => writer.uint32(10).bytes(doc)));
  const request = writeRequest({ requestId: "r", endpoint: "/copy", docs });
  const stream = served.client.bidi(CALL).write(request).end();
  await stream.status;
  assertMatch(readRequest(stream.received[0]).status?.description ?? "", place);
  const strange = await served.ask("/misfit", docOf({ id: id("a") }));
  assertMatch(strange.status?.description ?? "", /misfit\(\) answers.*docs\[0\]\.n: /);
  assertEquals(strange.docs, [{ id: { text: "a", type: "id" } }]);
});

Deno.test("a typed generator answers over stream_doc with numbers as its schema says", async () => {
  await using served = await serve({ uses: Kinds });
  const { request } = exchange("2_stream_doc");
  const stream = served.client.serverStream(STREAM_DOC, request);
  assertEquals((await stream.status).code, status.OK);
  const values = stream.received.map((bytes) =>
    (contentOf(readSingleRequest(bytes).docs!, DOCUMENT[2]).data as Content).n
  );
  assertEquals(values, [{ float: 0 }, { float: 1 }]);
});

Deno.test("endpoint discovery has the JSON Schemas of endpoints, and follows reloads", async () => {
  await using folder = await TempFolder.make();
  const source = (type: string) =>
    `import { Executor } from ${JSON.stringify(PACKAGE)};
import { z } from "zod";
export class Mine extends Executor {
  static requests = {
    "/a": { method: "see", input: z.object({ n: z.${type}() }), output: z.object({ m: z.string() }) },
    "/b": { method: "see", parameters: z.object({ k: z.boolean() }) },
    "/c": "see",
  };
  see() {}
}
`;
  const uses = await folder.write("mine.ts", source("number"));
  const log = new LogTrap();
  const flow = await new Flow({ protocol: "grpc", port: 0, log: log.sink }).add({ uses, reload: true })
    .start();
  await using _flow = { [Symbol.asyncDispose]: () => flow.close() };
  const client = new RawClient(flow.port);
  const discovered = async () => {
    const { bytes } = await client.unary(
      "/jina.JinaDiscoverEndpointsRPC/endpoint_discovery",
      new Uint8Array(),
    );
    const { endpoints, schemas } = fromBinary(EndpointsProtoSchema, bytes!);
    assertEquals(endpoints, ["/a", "/b", "/c", "_jina_dry_run_"]);
    // deno-lint-ignore no-explicit-any -- as it came
    return schemas as any;
  };
  const schemas = await discovered();
  assertEquals(Object.keys(schemas), ["/a", "/b"]);
  const { input, output } = schemas["/a"];
  assertEquals([input.name, input.model.properties], ["a_input", { n: { type: "number" } }]);
  assertEquals([output.name, output.model.properties], ["a_output", { m: { type: "string" } }]);
  assertEquals(schemas["/b"].parameters.model.properties, { k: { type: "boolean" } });
  const mark = log.mark;
  await folder.write("mine.ts", source("string"));
  await log.waitFor(/version 2 serves/, mark);
  assertEquals((await discovered())["/a"].input.model.properties, { n: { type: "string" } });
  client.close();
});
