import { assert, assertEquals, assertThrows } from "@std/assert";
import { Document } from "../../src/document/document.ts";
import { DocumentArray } from "../../src/document/document_array.ts";
import { InvalidRequestError } from "../../src/errors/mod.ts";
import {
  decodeDocument2,
  decodeDocuments2,
  encodeDocument2,
  encodeDocuments2,
} from "../../src/protobuf/documents_v2.ts";
import { readRequest, readSingleRequest } from "../../src/protobuf/messages.ts";
import { written } from "../../src/protobuf/wire.ts";
import { docOf, node } from "./_nodes.ts";
import { type Content, contentOf, DOCUMENT, DOCUMENTS, recordings } from "./_recordings.ts";

const recorded = recordings.filter(({ generation }) => generation === 2);

for (const { name, method, request, requestContent, responses, responseContents } of recorded) {
  Deno.test(`documents of ${name} go back as they came`, () => {
    const messages = [request, ...responses];
    const contents = [requestContent, ...responseContents];
    for (const [index, message] of messages.entries()) {
      const isSingle = method.endsWith("stream_doc");
      const docs = (isSingle ? readSingleRequest : readRequest)(message).docs as Uint8Array;
      if (isSingle) {
        const back = encodeDocument2(decodeDocument2(docs));
        assertEquals(contentOf(back, DOCUMENT[2]), contents[index].document);
      } else {
        const back = encodeDocuments2(decodeDocuments2(docs));
        assertEquals(contentOf(back, DOCUMENTS[2]), (contents[index].data as Content).docs);
      }
    }
  });
}

function dataOf(doc: unknown): Content {
  return contentOf(encodeDocument2(doc), DOCUMENT[2]).data as Content;
}

const MESSAGE = docOf({
  id: node.text("1", "id"),
  text: node.text("hi"),
  url: node.text("http://x", "image_url"),
  bytes_: written((writer) => writer.uint32(42).bytes(Uint8Array.of(1, 2))),
  embedding: node.none,
  tensor: node.items(9, node.float(1), node.integer(2)),
  tags: node.dict({ a: node.float(1), b: node.integer(1) }),
  count: node.integer(-3),
  score: node.float(2),
  pair: node.items(11, node.integer(1), node.float(1)),
  names: node.items(10, node.text("a"), node.text("b")),
  table: node.dict({ x: node.items(9, node.none), ["__proto__"]: node.integer(1) }),
});

Deno.test("decodeDocument2() maps fields onto a Document, and keeps the others in extra", () => {
  const doc = decodeDocument2(MESSAGE);
  const { extra, ...fields } = doc;
  assertEquals({ ...fields }, {
    id: "1",
    text: "hi",
    uri: "http://x",
    blob: Uint8Array.of(1, 2),
    tensor: [1, 2],
    tags: { a: 1, b: 1 },
  });
  assertEquals(
    JSON.stringify(extra),
    '{"count":-3,"score":2,"pair":[1,1],"names":["a","b"],"table":{"x":[null],"__proto__":1}}',
  );
  assertEquals(contentOf(encodeDocument2(doc), DOCUMENT[2]), contentOf(MESSAGE, DOCUMENT[2]));
  assert(!JSON.stringify(doc).includes("extra"));
  assertEquals(new Document({ ...doc }).extra, extra);
});

Deno.test("decodeDocument2() keeps in extra what a Document's field of that name cannot hold", () => {
  const message = docOf({
    id: node.integer(7),
    text: node.items(9, node.text("a")),
    embedding: node.text("no array"),
    tags: node.items(9),
    chunks: node.items(9, node.integer(1)),
    uri: node.text("a"),
    url: node.text("b"),
  });
  const doc = decodeDocument2(message);
  const extra = { id: 7, text: ["a"], embedding: "no array", tags: [], chunks: [1], url: "b" };
  assertEquals<unknown>([doc.uri, doc.extra, doc.text], ["a", extra, ""]);
  assertEquals(contentOf(encodeDocument2(doc), DOCUMENT[2]), contentOf(message, DOCUMENT[2]));
});

Deno.test("decodeDocument2() gives documents without an id one, which is not sent unless it is changed", () => {
  for (const message of [docOf({ text: node.text("x") }), docOf({ id: node.none, text: node.text("x") })]) {
    const doc = decodeDocument2(message);
    assertEquals(doc.id.length, 32);
    assertEquals(contentOf(encodeDocument2(doc), DOCUMENT[2]), contentOf(message, DOCUMENT[2]));
    doc.id = "own";
    assertEquals(dataOf(doc).id, { text: "own", type: "id" });
  }
});

Deno.test("encodeDocument2() sends what a handler changed as the kind that it was, as long as that fits", () => {
  const doc = decodeDocument2(MESSAGE);
  doc.text = "";
  doc.uri = "other";
  doc.embedding = Float32Array.of(1);
  doc.tags.a = 2;
  doc.extra = { ...doc.extra, count: 2 ** 31, score: 3, names: ["c"], table: undefined, extra: true };
  const data = dataOf(doc);
  assertEquals<unknown>(data, {
    id: { text: "1", type: "id" },
    text: { text: "" },
    url: { text: "other", type: "image_url" },
    bytes_: { blob: "AQI=" },
    embedding: { ndarray: { dense: { buffer: "AACAPw==", shape: [1], dtype: "<f4" } }, type: "ndarray" },
    tensor: { list: { data: [{ float: 1 }, { integer: 2 }] } },
    tags: { dict: { data: { a: { float: 2 }, b: { integer: 1 } } } },
    count: { float: 2 ** 31 },
    score: { float: 3 },
    pair: { tuple: { data: [{ integer: 1 }, { float: 1 }] } },
    names: { set: { data: [{ text: "c" }] } },
    table: {},
    extra: { boolean: true },
  });
});

Deno.test("encodeDocument2() sends the fields of new documents as fitting kinds", () => {
  const doc = new Document({
    id: "1",
    text: "t",
    uri: "u",
    blob: Uint8Array.of(1),
    tensor: [[1], [2]],
    tags: { a: 1 },
    chunks: [{ id: "c", text: "part" }],
    weight: 0.5,
    mimeType: "m",
    extra: {
      float: 1.5,
      zero: -0,
      large: 2 ** 40,
      none: null,
      set: new Set([1]),
      list: [1, "a", [true]],
      matrix: [Float32Array.of(1)],
      inner: new Document({ id: "i" }),
      docs: DocumentArray.from([{ id: "d" }]),
      plain: [new Document({ id: "p" })],
      bytes: Uint8Array.of(2),
      dict: { date: new Date(0), left: undefined },
    },
  });
  const id = (text: string) => ({ text, type: "id" });
  assertEquals<unknown>(dataOf(doc), {
    id: id("1"),
    text: { text: "t" },
    url: { text: "u" },
    bytes_: { blob: "AQ==" },
    tensor: {
      ndarray: { dense: { buffer: "AAAAAAAA8D8AAAAAAAAAQA==", shape: [2, 1], dtype: "<f8" } },
      type: "ndarray",
    },
    tags: { dict: { data: { a: { integer: 1 } } } },
    chunks: { doc_array: { docs: [{ data: { id: id("c"), text: { text: "part" } } }] } },
    weight: { float: 0.5 },
    mime_type: { text: "m" },
    float: { float: 1.5 },
    zero: { float: -0 },
    large: { float: 2 ** 40 },
    none: {},
    set: { set: { data: [{ integer: 1 }] } },
    list: { list: { data: [{ integer: 1 }, { text: "a" }, { list: { data: [{ boolean: true }] } }] } },
    matrix: { ndarray: { dense: { buffer: "AACAPw==", shape: [1, 1], dtype: "<f4" } }, type: "ndarray" },
    inner: { doc: { data: { id: id("i") } } },
    docs: { doc_array: { docs: [{ data: { id: id("d") } }] } },
    plain: { doc_array: { docs: [{ data: { id: id("p") } }] } },
    bytes: { blob: "Ag==" },
    dict: { dict: { data: { date: { text: "1970-01-01T00:00:00.000Z" } } } },
  });
});

Deno.test("encodeDocuments2() refuses what cannot be sent, with its place", () => {
  const round: Record<string, unknown> = {};
  round.self = [round];
  for (
    const [doc, message] of [
      [1, "docs[0]: expected a Document, not 1"],
      [{ text: 1 }, "docs[0].text: expected a string, not 1"],
      [{ uri: 1 }, "docs[0].uri: expected a string, not 1"],
      [{ tags: [] }, "docs[0].tags: expected a plain object"],
      [{ embedding: ["x"] }, "docs[0].embedding[0]: expected a number, not x"],
      [{ weight: "x" }, "docs[0].weight: expected a number, not x"],
      [{ extra: [] }, "docs[0].extra: expected a plain object"],
      [{ extra: { a: [new Map()] } }, "docs[0].extra.a[0]"],
      [{ extra: { a: { b: 1n } } }, "docs[0].extra.a.b"],
      [{ extra: { a: () => {} } }, "docs[0].extra.a"],
      [{ extra: round }, "docs[0].extra.self[0]"],
      [{ chunks: [{ extra: { a: Symbol() } }] }, "docs[0].chunks[0].extra.a"],
      [{ extra: { a: [[Float32Array.of(1)], [1]] } }, "docs[0].extra.a[1][0]: expected an array of numbers"],
    ] as const
  ) {
    assertThrows(() => encodeDocuments2([doc]), TypeError, `Cannot send ${message}`);
  }
});

Deno.test("decodeDocuments2() names the place of what is malformed", () => {
  const broken = Uint8Array.of(50, 8, 10, 6, 10, 1, 0, 26, 1, 79);
  const docs = (values: Record<string, Uint8Array>) =>
    written((writer) => writer.uint32(10).bytes(docOf(values)));
  for (
    const [bytes, loc] of [
      [docs({ vec: broken }), "0.vec"],
      [docs({ inner: node.dict({ list: node.items(9, node.integer(1), broken) }) }), "0.inner.list.1"],
      [docs({ a: Uint8Array.of(18, 0) }), "0.a"],
      [docs({ a: Uint8Array.of(10, 9) }), "0.a"],
      [Uint8Array.of(10, 9), "0"],
    ] as const
  ) {
    const { issues } = assertThrows(() => decodeDocuments2(bytes), InvalidRequestError);
    assertEquals(issues[0].loc.join("."), loc);
  }
});
