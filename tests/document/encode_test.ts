import { assertEquals, assertThrows } from "@std/assert";
import { Document, DocumentArray } from "../../mod.ts";
import { encodeDocuments } from "../../src/document/encode.ts";

/** What cannot be sent, by field: values, and what is said of each. */
const UNFIT: Record<
  string,
  readonly [wanted: string, ...values: readonly [value: unknown, shown: string][]]
> = {
  id: ["a string", [7, "7"], [{}, "{}"]],
  text: ["a string", [5, "5"], [true, "true"], [{ a: 1 }, '{"a":1}'], [["x"], '["x"]']],
  uri: ["a string", [new URL("http://a/b"), '"http://a/b"']],
  mimeType: ["a string", [0, "0"]],
  weight: ["a number", ["0.5", "0.5"]],
  granularity: ["a whole number", [1.5, "1.5"], ["1", "1"]],
  tags: ["an object", ["x", "x"], [[1], "[1]"]],
  blob: ["a Uint8Array", ["AP8=", "AP8="], [new ArrayBuffer(1), "{}"]],
  tensor: ["an array of finite numbers", [[[1], 2], "[[1],2]"], [5, "5"]],
  embedding: [
    "an array of finite numbers",
    ["x", "x"],
    [[1, "2"], '[1,"2"]'],
    [[1, NaN], "[1,null]"],
    [Float32Array.of(Infinity), '{"0":null}'],
    [[[1], [null]], "[[1],[null]]"],
  ],
  location: ["an array of finite numbers", ["1,2", "1,2"]],
  scores: ["scores by name", [{ cos: 0.5 }, '{"cos":0.5}'], [[], "[]"]],
  chunks: ["a DocumentArray", ["x", "x"], [{}, "{}"], [1, "1"]],
  matches: ["a DocumentArray", [true, "true"]],
};

for (const [field, [wanted, ...values]] of Object.entries(UNFIT)) {
  Deno.test(`encodeDocuments() throws naming ${field} when it could not be read again`, () => {
    for (const [value, shown] of values) {
      const docs = [new Document(), Object.assign(new Document(), { [field]: value })];
      const message = `Cannot send docs[1].${field}: expected ${wanted}, not ${shown}`;
      assertThrows(() => encodeDocuments(docs), TypeError, message);
    }
  });
}

Deno.test("encodeDocuments() names the way to a field of a chunk, and what is no document", () => {
  const deep = { chunks: [{ id: "c" }, { matches: [{ text: 5 }] }] };
  const said = (docs: Iterable<unknown>) => assertThrows(() => encodeDocuments(docs), TypeError).message;
  assertEquals(
    said([deep]),
    "Cannot send docs[0].chunks[1].matches[0].text: expected a string, not 5",
  );
  assertEquals(said([{}, 5]), "Cannot send docs[1]: expected a Document, not 5");
  assertEquals(said([[]]), "Cannot send docs[0]: expected a Document, not []");
  assertEquals(said([{ chunks: [null] }]), "Cannot send docs[0].chunks[0]: expected a Document, not null");
  const holes = DocumentArray.empty(1);
  holes[2] = holes[0];
  assertEquals(said(holes), "Cannot send docs[1]: expected a Document, not undefined");
});

Deno.test("encodeDocuments() writes what Document.toJSON() writes when all is well", () => {
  const docs = [
    new Document({ id: "a", text: "x", tags: { a: [null, 1.5] }, weight: 0, blob: Uint8Array.of(1) }),
    new Document({
      id: "b",
      embedding: Float32Array.of(1, 2),
      tensor: [Float64Array.of(1), [2]],
      location: [1],
    }),
    new Document({ id: "c", scores: { cos: { value: 1, opName: "o" } }, chunks: [{ id: "d", text: "y" }] }),
    Object.assign(new Document({ id: "e" }), { text: null, tags: undefined, other: 1n, chunks: [] }),
  ];
  assertEquals(encodeDocuments(docs), docs.map((doc) => doc.toJSON()));
  assertEquals(encodeDocuments([{ text: "plain" }])[0].text, "plain");
  assertEquals(encodeDocuments([{ id: null }]).map(({ id }) => String(id).length), [32]);
});
