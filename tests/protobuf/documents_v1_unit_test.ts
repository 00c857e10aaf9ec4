import { assert, assertEquals, assertThrows } from "@std/assert";
import { Document } from "../../src/document/document.ts";
import { DocumentArray } from "../../src/document/document_array.ts";
import { InvalidRequestError } from "../../src/errors/mod.ts";
import {
  decodeDocument1,
  decodeDocuments1,
  encodeDocument1,
  encodeDocuments1,
} from "../../src/protobuf/documents_v1.ts";
import { readRequest } from "../../src/protobuf/messages.ts";
import { readFields } from "../../src/protobuf/wire.ts";
import { type Content, contentOf, DOCUMENT, DOCUMENTS, recordings } from "./_recordings.ts";

const recorded = recordings.filter(({ generation }) => generation === 1);

for (const { name, request, requestContent, responses, responseContents } of recorded) {
  Deno.test(`documents of ${name} go back as they came`, () => {
    const messages = [request, ...responses];
    const contents = [requestContent, ...responseContents];
    for (const [index, message] of messages.entries()) {
      const { docs } = readRequest(message);
      const expected = (contents[index].data as Content | undefined)?.docs;
      if (docs === undefined) assertEquals(expected, undefined);
      else assertEquals(contentOf(encodeDocuments1(decodeDocuments1(docs)), DOCUMENTS[1]), expected);
    }
  });
}

Deno.test("decodeDocuments1() sets the fields of a Document, and leaves out what is not set", () => {
  const recording = recorded.find(({ name }) => name === "1_echo_full");
  const [doc] = decodeDocuments1(readRequest(recording?.request as Uint8Array).docs as Uint8Array);
  assert(doc instanceof Document && doc.chunks instanceof DocumentArray);
  const { chunks: [chunk], matches: [match], ...fields } = doc;
  assertEquals({ ...fields }, {
    id: "full",
    text: "t",
    weight: 0.5,
    uri: "u",
    modality: "m",
    mimeType: "text/plain",
    offset: 3,
    location: [1, 2],
    embedding: Float32Array.of(1, 2),
    tags: { b: [1, "x"], a: 3, z: null, c: { d: true } },
  });
  assertEquals({ ...chunk }, { id: "c", blob: Uint8Array.of(0, 255), parentId: "full", granularity: 1 });
  assertEquals({ ...match }, {
    id: "m",
    text: "x",
    adjacency: 1,
    scores: { cos: { value: 0.5, opName: "cos" } },
  });
  const [empty] = decodeDocuments1(Uint8Array.of(10, 0));
  assertEquals([Object.keys(empty), empty.id.length, empty.text], [["id"], 32, ""]);
});

Deno.test("encodeDocuments1() sends every field of a Document, and they come back", () => {
  const doc = new Document({
    id: "é" + "x".repeat(200),
    text: "日本",
    blob: Uint8Array.of(1),
    tags: { date: new Date(0), n: -1.5, deep: { list: [[], {}, null, false] }, ["__proto__"]: 1 },
    uri: "u",
    mimeType: "m",
    modality: "x",
    weight: 0.5,
    offset: -2,
    location: [0.5, NaN],
    granularity: 3,
    adjacency: 2,
    parentId: "p",
    scores: { a: { value: 1, opName: "o", description: "d", refId: "r" }, b: { value: 0 } },
    evaluations: { e: { value: 2 } },
    chunks: [{ id: "c", matches: [{ id: "cm" }] }],
    matches: [{ id: "m", parentId: "own" }],
  });
  const [back] = decodeDocuments1(encodeDocuments1([doc]));
  const { tags, chunks, matches, ...fields } = back;
  const { tags: _, chunks: __, matches: ___, ...before } = doc;
  assertEquals({ ...fields }, { ...before });
  assertEquals(JSON.stringify(tags), JSON.stringify(doc.tags));
  const [chunk] = chunks;
  assertEquals([chunk.parentId, chunk.granularity, chunk.matches[0].adjacency], [doc.id, 4, 1]);
  assertEquals([matches[0].parentId, matches[0].adjacency], ["own", 3]);
});

Deno.test("encodeDocuments1() leaves out what protobuf cannot tell from unset", () => {
  const doc = { id: "1", text: "", weight: 0, offset: 0, granularity: 0, location: [], tags: {}, chunks: [] };
  assertEquals(contentOf(encodeDocument1(doc), DOCUMENT[1]), { id: "1" });
  assertEquals(contentOf(encodeDocument1({}), DOCUMENT[1]).id?.toString().length, 32);
  assertEquals(contentOf(encodeDocument1({ id: "1", extra: { a: 1 } }), DOCUMENT[1]), { id: "1" });
});

Deno.test("encodeDocuments1() sends text, blob and tensor in the order in which they were set: the last one counts", () => {
  const doc = decodeDocument1(encodeDocument1({ id: "1", blob: Uint8Array.of(1) }));
  doc.text = "set last";
  const numbers: number[] = [];
  readFields(encodeDocument1(doc), (number, reader) => void (numbers.push(number), reader.bytes()));
  assertEquals(numbers, [1, 2, 4]);
  assertEquals(decodeDocument1(encodeDocument1(doc)).blob, Uint8Array.of(1));
});

Deno.test("decodeDocuments1() keeps _metadata, and drops fields that it does not know", () => {
  const metadata = [10, 5, 10, 1, 97, 18, 0];
  const message = Uint8Array.of(10, 1, 49, 0xa2, 1, 7, ...metadata, 0xf8, 7, 5);
  assertEquals([...encodeDocument1(decodeDocument1(message))], [10, 1, 49, 0xa2, 1, 7, ...metadata]);
});

Deno.test("encodeDocuments1() refuses what cannot be sent, with its place", () => {
  const round = new Document({ id: "1" });
  round.chunks.push(round);
  for (
    const [doc, message] of [
      [1, "docs[0]: expected a Document, not 1"],
      [Promise.resolve(), "docs[0]: expected a Document, not a Promise"],
      [{ id: 1 }, "docs[0].id: expected a string, not 1"],
      [{ text: 1 }, "docs[0].text: expected a string, not 1"],
      [{ blob: "x" }, "docs[0].blob: expected a Uint8Array, not x"],
      [{ granularity: -1 }, "docs[0].granularity: expected a whole number from 0"],
      [{ adjacency: 0.5 }, "docs[0].adjacency: expected a whole number, not 0.5"],
      [{ weight: 1e39 }, "docs[0].weight: expected a number that a float32 can hold"],
      [{ location: [1, "x"] }, "docs[0].location[1]: expected a number, not x"],
      [{ tags: [1] }, "docs[0].tags: expected an object, not [1]"],
      [{ tags: new Map() }, "docs[0].tags: expected a plain object, not a Map"],
      [{ tags: { a: { b: NaN } } }, "docs[0].tags.a.b: expected a finite number, not NaN"],
      [{ tags: { a: 1n } }, "docs[0].tags.a"],
      [{ scores: { a: { value: "x" } } }, "docs[0].scores.a.value: expected a number"],
      [
        { scores: { a: { value: 1e300 } } },
        "docs[0].scores.a.value: expected a number that a float32 can hold",
      ],
      [{ matches: 1 }, "docs[0].matches: expected a DocumentArray, not 1"],
      [{ chunks: [{ id: "a" }, 1] }, "docs[0].chunks[1]: expected a Document, not 1"],
      [{ chunks: [{ id: "a", matches: [{ weight: "x" }] }] }, "docs[0].chunks[0].matches[0].weight"],
      [round, "docs[0].chunks[0]: expected a value that does not contain itself"],
    ] as const
  ) {
    assertThrows(() => encodeDocuments1([doc]), TypeError, `Cannot send ${message}`);
  }
  assertThrows(() => encodeDocument1({ tags: 1 }, 3), TypeError, "docs[3].tags");
  // What is written after a refusal is not affected.
  assertEquals(contentOf(encodeDocument1({ id: "1" }), DOCUMENT[1]), { id: "1" });
});

Deno.test("decodeDocuments1() names the place of what is malformed", () => {
  for (
    const [bytes, loc, msg] of [
      [[10, 5, 10, 1], "0", "longer than the message"],
      [[10, 2, 10, 9], "0.id", "premature EOF"],
      [[10, 2, 8, 1], "0.id", "wire type 0"],
      [[10, 4, 114, 2, 34, 9], "0.chunks.0.text", "premature EOF"],
      [[10, 0, 10, 3, 69, 1, 1], "1.weight", "malformed"],
      [[10, 8, 138, 1, 5, 10, 3, 10, 9, 1], "0.tags", "malformed"],
      [[10, 15, 138, 1, 12, 10, 10, 18, 9, 17, 0, 0, 0, 0, 0, 0, 0xf8, 127], "0.tags", "malformed"],
      [[7], "", "malformed"],
    ] as const
  ) {
    const error = assertThrows(() => decodeDocuments1(Uint8Array.from(bytes)), InvalidRequestError);
    assertEquals(error.issues[0].loc.join("."), loc, error.message);
    assert(error.issues[0].msg.includes(msg), error.message);
  }
  const error = assertThrows(() => decodeDocument1(Uint8Array.of(10, 9), ["body"]), InvalidRequestError);
  assertEquals(error.issues[0].loc, ["body", "id"]);
});
