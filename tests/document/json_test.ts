import { assert, assertEquals, assertThrows } from "@std/assert";
import { Document, DocumentArray } from "../../mod.ts";

/** Every field in JSON, as the recorded `post_echo_all_fields` sends them, and blob and tensor besides. */
const ALL = {
  id: "d1",
  parent_id: "p",
  granularity: 1,
  adjacency: 2,
  blob: "AP8=",
  tensor: [[1, 2.5], [3, 4]],
  mime_type: "text/plain",
  text: "héé 日本 😀",
  weight: 0.5,
  uri: "https://a/b",
  tags: { a: 1, b: [1, "x", null, true], c: { d: 1.5 } },
  offset: 1.5,
  location: [1, 2],
  embedding: [0.1, 2],
  modality: "text",
  evaluations: { e: { value: 1 } },
  scores: { cos: { value: 0.1, op_name: "o", description: "d", ref_id: "r" } },
  chunks: [{
    id: "c1",
    text: "chunk",
    parent_id: "d1",
    granularity: 2,
    chunks: [{ id: "c2", parent_id: "c1", granularity: 3 }],
  }],
  matches: [{ id: "m1", text: "match", adjacency: 3, scores: { cos: { value: 0.3 } } }],
};

Deno.test("Document.fromJSON() reads every field under its own name", () => {
  const doc = Document.fromJSON(ALL);
  assertEquals([doc.id, doc.parentId, doc.mimeType, doc.uri], ["d1", "p", "text/plain", "https://a/b"]);
  assertEquals([doc.granularity, doc.adjacency, doc.weight, doc.offset], [1, 2, 0.5, 1.5]);
  assertEquals([doc.text, doc.modality, doc.location], ["héé 日本 😀", "text", [1, 2]]);
  assertEquals(doc.blob, Uint8Array.of(0, 255));
  assertEquals(doc.tensor, [Float64Array.of(1, 2.5), Float64Array.of(3, 4)]);
  assertEquals(doc.embedding, Float64Array.of(0.1, 2));
  assertEquals(doc.tags, ALL.tags);
  assertEquals(doc.evaluations, { e: { value: 1 } });
  assertEquals(doc.scores, { cos: { value: 0.1, opName: "o", description: "d", refId: "r" } });
  assertEquals(doc.chunks[0].chunks[0].id, "c2");
  assertEquals(doc.matches[0].scores?.cos.value, 0.3);
  assert(doc.chunks instanceof DocumentArray && doc.matches[0] instanceof Document);
});

Deno.test("Document.toJSON() writes every field as it was read", () => {
  assertEquals(JSON.parse(JSON.stringify(Document.fromJSON(ALL))), ALL);
});

Deno.test("Document.fromJSON() tells chunks and matches what they belong to, level by level", () => {
  const doc = Document.fromJSON({
    chunks: [{ id: "c", parent_id: "other", granularity: 9, chunks: [{}], matches: [{ matches: [{}] }] }],
    id: "a",
  });
  const [chunk] = doc.chunks;
  assertEquals([chunk.parentId, chunk.granularity], ["a", 1]);
  assertEquals([chunk.chunks[0].parentId, chunk.chunks[0].granularity], ["c", 2]);
  assertEquals([chunk.matches[0].adjacency, chunk.matches[0].matches[0].adjacency], [1, 2]);
  assertEquals([doc.granularity, doc.parentId, chunk.adjacency], [undefined, undefined, undefined]);
});

Deno.test("Document.toJSON() tells them the same when they were added later, and leaves them as they are", () => {
  const part = Object.freeze(new Document({ id: "p" }));
  const doc = new Document({ id: "a", granularity: 1 });
  doc.chunks.push(part);
  doc.matches.push(part);
  assertEquals(doc.toJSON(), {
    id: "a",
    granularity: 1,
    chunks: [{ id: "p", parent_id: "a", granularity: 2 }],
    matches: [{ id: "p", adjacency: 1 }],
  });
});

Deno.test("Document.toJSON() throws when a chunk is no document, or a score no object", () => {
  const doc = new Document({ id: "a" });
  doc.chunks.push(5 as never);
  assertThrows(() => doc.toJSON(), TypeError, "Cannot send chunks[0]: expected a Document, not 5");
  const scored = new Document({ scores: { cos: 0.5 as never } });
  assertThrows(() => scored.toJSON(), TypeError, "Cannot write the score 0.5");
});

Deno.test("Document.fromJSON() passes over nulls and unknown fields", () => {
  const nulls = Object.fromEntries(Object.keys(ALL).map((key) => [key, null]));
  const doc = Document.fromJSON({ ...nulls, id: "a", text: "x", content: "y", toJSON: 1 });
  assertEquals(doc.toJSON(), { id: "a", text: "x" });
});

Deno.test("Document.fromJSON() gives a new id when there is none, or null, or an empty one", () => {
  assertEquals([{}, { id: null }, { id: "" }].map((json) => Document.fromJSON(json).id.length), [32, 32, 32]);
});

Deno.test("Document.fromJSON() makes text of a number where text is wanted, as Jina does", () => {
  const doc = Document.fromJSON({ id: 7, text: 1.5, uri: 0 });
  assertEquals([doc.id, doc.text, doc.uri], ["7", "1.5", "0"]);
});

Deno.test("Document.toJSON() writes typed arrays of every kind as plain numbers", () => {
  const kinds = [
    Float64Array,
    Float32Array,
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
  ];
  for (const kind of kinds) {
    const doc = new Document({ id: "a", embedding: kind.of(1, 2), tensor: [kind.of(3), kind.of(4)] });
    assertEquals(JSON.stringify(doc), '{"id":"a","embedding":[1,2],"tensor":[[3],[4]]}', kind.name);
  }
});

Deno.test("Document keeps the shape of matrices and deeper tensors both ways", () => {
  const shapes = [[], [1.5], [[1, 2], [3, 4]], [[[1], [2]], [[3], [4]]], [[1, 2], [3]], [[], [1]]];
  for (const tensor of shapes) {
    const doc = Document.fromJSON(JSON.parse(JSON.stringify({ id: "a", tensor, embedding: tensor })));
    assertEquals(JSON.parse(JSON.stringify(doc)), { id: "a", tensor, embedding: tensor });
  }
});

Deno.test("Document.fromJSON() keeps every JSON number of an embedding exactly", () => {
  const embedding = [0.1, -0, 1e-300, 2 ** 53 - 1, 5e-324];
  const read = Document.fromJSON(JSON.parse(`{"embedding":[0.1,-0,1e-300,${2 ** 53 - 1},5e-324]}`));
  assert(read.embedding instanceof Float64Array);
  assertEquals([...read.embedding], embedding);
});

Deno.test("Document sends bytes of any length and value as base64", () => {
  for (const length of [0, 1, 2, 3, 255, 100_000]) {
    const blob = Uint8Array.from({ length }, (_, index) => (index * 7) % 256);
    const json = JSON.parse(JSON.stringify(new Document({ id: "a", blob })));
    assertEquals(json.blob, btoa(Array.from(blob, (byte) => String.fromCharCode(byte)).join("")));
    assertEquals(Document.fromJSON(json).blob, blob);
  }
});

Deno.test("Document keeps __proto__, constructor and toString in tags as data", () => {
  const text = '{"id":"a","tags":{"__proto__":{"admin":true},"constructor":1,"toString":"x"}}';
  const doc = Document.fromJSON(JSON.parse(text));
  assertEquals(Object.keys(doc.tags), ["__proto__", "constructor", "toString"]);
  assertEquals((doc.tags as { admin?: boolean }).admin, undefined);
  assertEquals(JSON.stringify(doc), text);
  assertEquals(({} as { admin?: boolean }).admin, undefined);
});

Deno.test("Document keeps a score named __proto__ as data", () => {
  const text = '{"id":"a","scores":{"__proto__":{"value":1}}}';
  assertEquals(JSON.stringify(Document.fromJSON(JSON.parse(text))), text);
});

Deno.test("Document.fromJSON() ignores __proto__ as a field", () => {
  const doc = Document.fromJSON(JSON.parse('{"id":"a","__proto__":{"text":"forged"}}'));
  assert(doc instanceof Document);
  assertEquals([doc.text, JSON.stringify(doc)], ["", '{"id":"a"}']);
});

Deno.test("Document reads and writes chunks that are nested 500 deep", () => {
  let json: Record<string, unknown> = { id: "leaf" };
  for (let level = 0; level < 500; level++) {
    json = { id: String(level), chunks: [{ ...json, parent_id: String(level) }] };
  }
  for (let part = json, level = 0; part !== undefined; part = (part.chunks as typeof json[])?.[0], level++) {
    if (level > 0) part.granularity = level;
  }
  assertEquals(JSON.parse(JSON.stringify(Document.fromJSON(json))), json);
});

Deno.test("Document reads and writes tags that are nested 2000 deep", () => {
  const text = `{"id":"a","tags":{"t":${"[".repeat(2000)}${"]".repeat(2000)}}}`;
  assertEquals(JSON.stringify(Document.fromJSON(JSON.parse(text))), text);
});
