import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { Document, DocumentArray, type DocumentInit } from "../../mod.ts";

Deno.test("Document() has a new id of 32 hexadecimal characters when none is given", () => {
  const [one, two] = [new Document(), new Document()];
  assertMatch(one.id, /^[0-9a-f]{32}$/);
  assertNotEquals(one.id, two.id);
});

Deno.test("Document() takes the fields it is given", () => {
  const doc = new Document({ id: "a", text: "one", tags: { lang: "en" }, weight: 0.5 });
  assertEquals([doc.id, doc.text, doc.tags, doc.weight], ["a", "one", { lang: "en" }, 0.5]);
});

Deno.test("Document() makes Documents of chunks and matches that are plain objects", () => {
  const match = new Document({ id: "m" });
  const doc = new Document({ chunks: [{ id: "c", text: "part" }], matches: new Set([match]) });
  assert(doc.chunks instanceof DocumentArray && doc.chunks[0] instanceof Document);
  assertEquals(doc.chunks[0].text, "part");
  assertStrictEquals(doc.matches[0], match);
});

Deno.test("Document() reads text as empty, and makes tags, chunks and matches, when they are not set", () => {
  const doc = new Document();
  assertEquals(doc.text, "");
  doc.tags.lang = "en";
  doc.chunks.push(new Document({ id: "c" }));
  doc.matches.push(new Document({ id: "m" }));
  assertEquals(doc.tags, { lang: "en" });
  assertEquals([doc.chunks.length, doc.matches.length], [1, 1]);
  assertEquals(new Document().tags, {}, "one document's tags are not another's");
});

Deno.test("Document has tags, chunks and matches that were assigned or read as its own keys, in that order", () => {
  const doc = new Document({ id: "a" });
  const tags = { lang: "en" };
  doc.matches = new DocumentArray();
  doc.tags = tags;
  assertEquals(doc.chunks.length, 0);
  assertEquals(Object.keys(doc), ["id", "matches", "tags", "chunks"]);
  assertStrictEquals({ ...doc }.tags, tags);
  doc.tags = { lang: "de" };
  assertEquals([doc.tags, new Document().tags], [{ lang: "de" }, {}]);
  assertEquals(Object.getOwnPropertyDescriptor(doc, "tags"), {
    value: { lang: "de" },
    writable: true,
    enumerable: true,
    configurable: true,
  });
  assertThrows(() => Object.freeze(new Document()).tags, TypeError, "not extensible");
});

Deno.test("Document.fromJSON() creates what the constructor does", () => {
  const [read, made] = [Document.fromJSON({ id: "a", text: "x", tags: { a: 1 } }), new Document({ id: "a" })];
  assertStrictEquals(Object.getPrototypeOf(read), Object.getPrototypeOf(made));
  assertStrictEquals(read.constructor, Document);
  assertEquals(Object.keys(read), ["id", "text", "tags"]);
});

Deno.test("Document() treats a field as not set when it is given as undefined", () => {
  const init: DocumentInit = { id: undefined, text: undefined, tags: undefined, chunks: undefined };
  const doc = new Document(init);
  assertMatch(doc.id, /^[0-9a-f]{32}$/);
  assertEquals([doc.text, doc.tags, doc.chunks.length], ["", {}, 0]);
});

Deno.test("Document.toJSON() gives the id alone when nothing was set, even after it was looked at", () => {
  const doc = new Document({ id: "a" });
  assertEquals([doc.text, doc.tags, doc.chunks.length, doc.matches.length], ["", {}, 0, 0]);
  assertEquals(doc.toJSON(), { id: "a" });
});

Deno.test("Document.toJSON() leaves out what is empty or no field of a Document", () => {
  const doc = Object.assign(new Document({ id: "a", text: "", tags: {}, chunks: [] }), { other: 1 });
  assertEquals(doc.toJSON(), { id: "a" });
});

Deno.test("Document.toJSON() keeps zeros, which are values", () => {
  const doc = new Document({ id: "a", weight: 0, offset: 0, granularity: 0, adjacency: 0 });
  assertEquals(doc.toJSON(), { id: "a", weight: 0, offset: 0, granularity: 0, adjacency: 0 });
});
