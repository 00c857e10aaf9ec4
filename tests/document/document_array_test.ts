import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { Document, DocumentArray } from "../../mod.ts";

Deno.test("DocumentArray.empty() makes that many documents, each with its own id", () => {
  const docs = DocumentArray.empty(3);
  assert(docs instanceof DocumentArray);
  assertEquals(docs.length, 3);
  assertEquals(new Set(docs.map(({ id }) => id)).size, 3);
  assertEquals(DocumentArray.empty().length, 0);
});

Deno.test("DocumentArray.empty() throws when the length is not a whole number from 0 up", () => {
  for (const length of [-1, 1.5, NaN, Infinity, "2" as unknown as number]) {
    assertThrows(() => DocumentArray.empty(length), RangeError, `Cannot create ${length} documents`);
  }
});

Deno.test("DocumentArray is indexed, looped over, spread and destructured like any array", () => {
  const docs = DocumentArray.from([{ id: "a" }, { id: "b" }, { id: "c" }]);
  assertEquals(docs[1].id, "b");
  assertEquals(docs.at(-1)?.id, "c");
  const seen: string[] = [];
  for (const doc of docs) seen.push(doc.id);
  assertEquals(seen, ["a", "b", "c"]);
  const [first, ...rest] = docs;
  assertEquals([first.id, rest.length], ["a", 2]);
  docs[0] = new Document({ id: "z" });
  assertEquals([...docs].map(({ id }) => id), ["z", "b", "c"]);
});

Deno.test("DocumentArray.from() takes Documents as they are and makes others of plain objects", () => {
  const doc = new Document({ id: "a" });
  const docs = DocumentArray.from(new Set([doc, { id: "b", text: "two" }]));
  assert(docs instanceof DocumentArray && docs[1] instanceof Document);
  assertStrictEquals(docs[0], doc);
  assertEquals(docs[1].text, "two");
});

Deno.test("DocumentArray.from() takes a generator and something array-like", () => {
  function* some() {
    yield { id: "a" };
    yield { id: "b" };
  }
  assertEquals(DocumentArray.from(some()).map(({ id }) => id), ["a", "b"]);
  assertEquals(DocumentArray.from({ length: 1, 0: { id: "c" } })[0].id, "c");
});

Deno.test("DocumentArray.get() finds a document by its id, and nothing when there is none", () => {
  const docs = DocumentArray.from([{ id: "a" }, { id: "b", text: "two" }]);
  assertEquals(docs.get("b")?.text, "two");
  assertEquals(docs.get("c"), undefined);
});

Deno.test("DocumentArray gives ordinary arrays when it is mapped, filtered or sliced", () => {
  const docs = DocumentArray.from([{ id: "a" }, { id: "b" }]);
  for (const made of [docs.map(({ id }) => id), docs.filter(({ id }) => id === "a"), docs.slice(1)]) {
    assertEquals(Object.getPrototypeOf(made), Array.prototype);
  }
});

Deno.test("DocumentArray sorts and reverses in place and stays a DocumentArray", () => {
  const docs = DocumentArray.from([{ id: "b" }, { id: "a" }]);
  assertStrictEquals(docs.sort((one, two) => one.id.localeCompare(two.id)), docs);
  assertEquals(docs.toJSON(), [{ id: "a" }, { id: "b" }]);
  docs.reverse();
  assertEquals(docs.toJSON(), [{ id: "b" }, { id: "a" }]);
});

Deno.test("DocumentArray.toJSON() is what JSON.stringify() writes, and fromJSON() reads it back", () => {
  const docs = DocumentArray.from([{ id: "a", text: "one" }, { id: "b", embedding: [1, 2] }]);
  const text = JSON.stringify(docs);
  assertEquals(text, '[{"id":"a","text":"one"},{"id":"b","embedding":[1,2]}]');
  const read = DocumentArray.fromJSON(JSON.parse(text));
  assert(read instanceof DocumentArray && read[0] instanceof Document);
  assertEquals(JSON.stringify(read), text);
});

Deno.test("DocumentArray.toJSON() writes plain objects that were pushed, with an id when they have none", () => {
  const docs = new DocumentArray();
  docs.push({ text: "plain" } as Document);
  const [json] = docs.toJSON();
  assertEquals(json.text, "plain");
  assertEquals(String(json.id).length, 32);
});
