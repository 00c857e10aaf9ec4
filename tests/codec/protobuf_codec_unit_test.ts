import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Codec } from "../../src/codec/codec.ts";
import { codecOf } from "../../src/codec/codecs.ts";
import { protobufCodec1, protobufCodec2 } from "../../src/codec/protobuf_codec.ts";
import { Document, type DocumentInit } from "../../src/document/document.ts";
import { InvalidRequestError } from "../../src/errors/mod.ts";
import { readRequest, writeRequest } from "../../src/protobuf/messages.ts";
import { readStruct, writeStruct } from "../../src/protobuf/struct.ts";
import type { Call } from "../../src/protocol/protocol.ts";
import { contentOf, DOCUMENTS, recordings } from "../protobuf/_recordings.ts";

const CODECS = { 1: protobufCodec1, 2: protobufCodec2 };

function decode(codec: Codec<Uint8Array>, call: Partial<Call<Uint8Array>>) {
  return codec.decodeRequest({ body: new Uint8Array(), requestId: "r", ...call });
}

for (const { name, generation, method, request, requestContent } of recordings) {
  if (method.endsWith("stream_doc")) continue;
  Deno.test(`protobufCodec decodes the request of ${name}, and encodes its documents again`, () => {
    const codec = CODECS[generation];
    const { docs, endpoint, target, parameters, requestId } = decode(codec, { body: request });
    // deno-lint-ignore no-explicit-any -- JSON as it was recorded
    const { header, data, parameters: expected = {} } = requestContent as any;
    assertEquals([endpoint, target], [header.exec_endpoint, header.target_executor ?? ""]);
    assertEquals<unknown>([requestId, parameters], [header.request_id, expected]);
    assertEquals(contentOf(codec.encodeDocuments(docs), DOCUMENTS[generation]), data?.docs ?? {});
  });
}

Deno.test("protobufCodec decodes what is left out, and what the path names", () => {
  const empty = decode(protobufCodec1, {});
  assertEquals(empty, {
    docs: empty.docs,
    endpoint: "/",
    target: "",
    parameters: {},
    encodedParameters: undefined,
    requestId: "r",
  });
  assertEquals(empty.docs.length, 0);
  const body = writeRequest({
    requestId: "own",
    endpoint: "/a",
    target: "b",
    parameters: writeStruct({ a: 1 }),
  });
  const { endpoint, target, parameters, encodedParameters, requestId } = decode(protobufCodec1, {
    body,
    endpoint: "/path",
  });
  assertEquals([endpoint, target, parameters, requestId], ["/path", "b", { a: 1 }, "own"]);
  // What is sent on owns its buffer: a view would be cloned with all of the request.
  assertEquals(encodedParameters?.buffer.byteLength, encodedParameters?.length);
  assertEquals(readStruct(encodedParameters as Uint8Array), { a: 1 });
});

Deno.test("protobufCodec decodes documents that were passed on", () => {
  const envelope = { endpoint: "/foo", target: "a", parameters: writeStruct({ a: 1 }) };
  for (const codec of [protobufCodec1, protobufCodec2]) {
    const body = codec.encodeDocuments([{ id: "1", text: "x" }]);
    const { docs, ...rest } = decode(codec, { body, envelope });
    assertEquals(docs.map(({ id, text }) => [id, text]), [["1", "x"]]);
    assertEquals(rest, {
      ...envelope,
      parameters: { a: 1 },
      encodedParameters: envelope.parameters,
      requestId: "r",
    });
  }
});

Deno.test("protobufCodec encodes documents together and one by one alike", () => {
  const docs = [{ id: "1", text: "x" }, { id: "2", tags: { a: 1 } }];
  for (const codec of [protobufCodec1, protobufCodec2]) {
    const joined = codec.joinDocuments(docs.map((doc, index) => codec.encodeDocument(doc, index)));
    assertEquals(joined, codec.encodeDocuments(docs));
    assertEquals(codec.joinDocuments([]), codec.encodeDocuments([]));
    assertThrows(() => codec.encodeDocument({ tags: 1 }, 3), TypeError, "docs[3].tags");
    assertEquals(readStruct(codec.encodeResult({ n: 1 })), { n: 1 });
    assertThrows(() => codec.encodeResult({ n: NaN }), TypeError, "result.n");
  }
});

Deno.test("protobufCodec names the place of what is malformed", () => {
  const docs = Uint8Array.of(10, 2, 10, 9);
  for (
    const [body, loc] of [
      [Uint8Array.of(10, 9), "body"],
      [new TextEncoder().encode('{"data": []}'), "body"],
      [writeRequest({ requestId: "", docs }), "body.data.docs.0.id"],
      [writeRequest({ requestId: "", parameters: Uint8Array.of(10, 9) }), "body.parameters"],
      [writeRequest({ requestId: "", parameters: writeStruct({ a: NaN }) }), "body.parameters"],
    ] as const
  ) {
    const { issues } = assertThrows(() => decode(protobufCodec1, { body }), InvalidRequestError);
    assertEquals(issues.map(({ loc }) => loc.join(".")), [loc]);
  }
});

/** Merges one document of several branches, which change what `make` returns. */
function merge(
  codec: Codec<Uint8Array>,
  init: DocumentInit,
  ...changes: ((doc: Document) => void)[]
): Document {
  const body = codec.encodeDocuments([init]);
  const envelope = { endpoint: "/" };
  const branches = changes.map((change) => {
    const { docs } = decode(codec, { body, envelope });
    change(docs[0]);
    return codec.encodeDocuments(docs);
  });
  const { docs: [merged, ...others] } = decode(codec, { body, branches, envelope });
  assertEquals(others, []);
  assert(merged instanceof Document);
  // As it is sent on.
  return decode(codec, { body: codec.encodeDocuments([merged]), envelope }).docs[0];
}

for (const [generation, codec] of Object.entries(CODECS)) {
  Deno.test(`protobufCodec${generation} merges branches as JSON does: by id, by field, and by key`, () => {
    const init: DocumentInit = {
      id: "1",
      text: "hi",
      embedding: Float32Array.of(NaN, 0.1),
      tags: { kept: 1, gone: 1 },
      chunks: [{ id: "c", text: "part" }],
    };
    const merged = merge(
      codec,
      init,
      (doc) => doc.text = "a",
      (doc) => doc.embedding = Float32Array.of(0.1),
      (doc) => {
        doc.uri = "u";
        delete doc.tags.gone;
        doc.blob = Uint8Array.of(0, 255);
        doc.chunks[0].uri = "c";
      },
      (doc) => {
        doc.tags.added = { deep: [1] };
        doc.chunks.push(new Document({ id: "d" }));
      },
    );
    assertEquals([merged.text, merged.uri, merged.tags], ["a", "u", { kept: 1, added: { deep: [1] } }]);
    assertEquals<unknown>([merged.embedding, merged.blob], [Float32Array.of(0.1), Uint8Array.of(0, 255)]);
    assertEquals(merged.chunks.map(({ id, text, uri }) => [id, text, uri]), [["c", "part", "c"], [
      "d",
      "",
      undefined,
    ]]);
  });
}

Deno.test("protobufCodec1 merges arrays without loss of their dtype", () => {
  const { request } = recordings.find(({ name }) => name === "1_tensor_float16") as { request: Uint8Array };
  const { docs: [doc] } = decode(protobufCodec1, { body: request });
  const { tensor } = merge(protobufCodec1, doc, (doc) => doc.text = "a", (doc) => doc.uri = "b");
  const sent = contentOf(protobufCodec1.encodeDocuments([{ id: "1", tensor }]), DOCUMENTS[1]);
  assert(JSON.stringify(sent).includes("<f2"));
});

Deno.test("protobufCodec2 merges a document's own fields by name, and each stays of its kind", () => {
  const recording = recordings.find(({ name }) => name === "2_rich");
  const body = readRequest(recording?.request as Uint8Array).docs as Uint8Array;
  const envelope = { endpoint: "/" };
  const branch = (change: (extra: Record<string, unknown>) => void) => {
    const { docs } = decode(protobufCodec2, { body, envelope });
    change(docs[0].extra as Record<string, unknown>);
    return protobufCodec2.encodeDocuments(docs);
  };
  const branches = [branch((extra) => extra.n = 4), branch((extra) => extra.f = 2)];
  const { docs } = decode(protobufCodec2, { body, branches, envelope });
  // deno-lint-ignore no-explicit-any -- JSON as it was recorded
  const expected = (recording?.requestContent as any).data.docs.docs[0].data;
  const sent = contentOf(protobufCodec2.encodeDocuments(docs), DOCUMENTS[2]);
  assertEquals<unknown>(sent, { docs: [{ data: { ...expected, n: { integer: 4 }, f: { float: 2 } } }] });
});

Deno.test("protobufCodec2 merges documents without an id by their places", () => {
  const text = (value: string) => {
    const { docs } = decode(protobufCodec2, { body: NO_IDS, envelope: { endpoint: "/" } });
    docs[1].text = value;
    docs[0].uri = value;
    return protobufCodec2.encodeDocuments(docs);
  };
  const { docs } = decode(protobufCodec2, {
    body: NO_IDS,
    branches: [text("a"), text("b")],
    envelope: { endpoint: "/" },
  });
  assertEquals(docs.map(({ text, uri }) => [text, uri]), [["", "b"], ["b", undefined]]);
  const sent = contentOf(protobufCodec2.encodeDocuments(docs), DOCUMENTS[2]);
  assert(!JSON.stringify(sent).includes('"id"'));
});

/** Two documents, each with a field that is no Document's. */
const NO_IDS = Uint8Array.of(10, 9, 10, 7, 10, 1, 110, 18, 2, 16, 1, 10, 9, 10, 7, 10, 1, 110, 18, 2, 16, 2);

Deno.test("codecOf() loads the codecs of protobuf when they are first asked for", async () => {
  assertEquals(await codecOf("protobuf-1"), protobufCodec1 as Codec);
  assertEquals(codecOf("protobuf-1"), protobufCodec1 as Codec);
  assertEquals(await codecOf("protobuf-2"), protobufCodec2 as Codec);
});
