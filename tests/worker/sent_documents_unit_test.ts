/** Whose documents are those that the handler of a batch returns. */
import { assertEquals, assertThrows } from "@std/assert";
import { Document } from "../../src/document/document.ts";
import { type DocumentArray, toDocumentArray } from "../../src/document/document_array.ts";
import { SentDocuments } from "../../src/worker/_sent_documents.ts";

/** Divides what a handler makes of the documents of requests, each named by its text. */
function divide(requests: readonly string[], handle: (docs: DocumentArray) => unknown): unknown[] {
  const sent = new SentDocuments(
    requests.map((ids, request) =>
      toDocumentArray([...ids].map((id) => new Document({ id, text: `${id}${request}` })))
    ),
  );
  return sent.divide(handle(sent.all)).shares.map((share) =>
    Array.isArray(share) ? share.map(({ id, text }) => text || id).join(" ") : share
  );
}

Deno.test("SentDocuments.divide() follows documents that the handler keeps, whatever their ids and order", () => {
  const ids = ["ax", "xb", "x"];
  const all = ["a0 x0", "x1 b1", "x2"];
  assertEquals(divide(ids, () => undefined), all);
  assertEquals(divide(ids, () => null), all);
  assertEquals(divide(ids, (docs) => docs), all);
  assertEquals(divide(ids, (docs) => [...docs].reverse()), ["x0 a0", "b1 x1", "x2"]);
  assertEquals(divide(ids, (docs) => void docs.reverse()), ["x0 a0", "b1 x1", "x2"]);
  assertEquals(divide(ids, (docs) => docs.filter((_, index) => index !== 2)), ["a0 x0", "b1", "x2"]);
  assertEquals(divide(ids, (docs) => [docs[4], docs[4], docs[0]]), ["a0", "", "x2 x2"]);
  assertEquals(
    divide(ids, (docs) => {
      docs.forEach((doc, index) => doc.id = "axxbx"[4 - index]);
      return docs.toReversed();
    }),
    ["x0 a0", "b1 x1", "x2"],
  );
  assertEquals(divide(ids, () => ({ sum: 1 })), [{ sum: 1 }, { sum: 1 }, { sum: 1 }]);
  assertEquals(divide(ids, () => []), ["", "", ""]);
});

Deno.test("SentDocuments.divide() finds new documents by the ids that were sent, in any order and number", () => {
  const renew = (docs: readonly Document[]) => docs.map(({ id, text }) => ({ id, text }));
  assertEquals(divide(["ab", "c"], (docs) => renew(docs.toReversed())), ["b0 a0", "c1"]);
  assertEquals(divide(["ab", "c"], (docs) => renew([docs[2], docs[2]])), ["", "c1 c1"]);
  assertEquals(divide(["aa", "c"], (docs) => renew(docs.toReversed())), ["a0 a0", "c1"]);
  const [renamed] = [(docs: DocumentArray) => {
    const before = renew(docs);
    for (const doc of docs) doc.id = "other";
    return before.reverse();
  }];
  assertEquals(divide(["ab", "c"], renamed), ["b0 a0", "c1"]);
  assertEquals(divide(["ab", "c"], (docs) => [docs[1], { id: "c" }, { id: "a" }]), ["b0 a", "c"]);
});

Deno.test("SentDocuments.divide() divides documents with ids of their own by position", () => {
  const named = (docs: DocumentArray) => docs.map(({ id }) => ({ id: id.toUpperCase() }));
  assertEquals(divide(["ab", "c"], named), ["A B", "C"]);
  assertEquals(divide(["ab", "b"], named), ["A B", "B"]);
  assertEquals(divide(["ab", "c"], (docs) => [docs[0], { id: "B" }, docs[2]]), ["a0 B", "c1"]);
  assertEquals(divide(["ab", "c"], (docs) => docs.map(() => ({}))), [" ", ""]);
});

Deno.test("SentDocuments.divide() refuses a list rather than guess", () => {
  const several = /a new document with the id "x", which several of them have sent/;
  const unknown = /Cannot divide \d documents for 3, some with an id that none has sent/;
  const cases: [ids: string[], handle: (docs: DocumentArray) => unknown, message: RegExp][] = [
    [["xa", "x"], (docs) => docs.toReversed().map(({ id }) => ({ id })), several],
    [["xa", "x"], (docs) => docs.map(({ id }) => ({ id })), several],
    [["ab", "c"], (docs) => [docs[2], { id: "new" }, docs[0]], unknown],
    [["ab", "c"], () => [{ id: "b" }, { id: "a" }, { id: "new" }], unknown],
    [["ab", "c"], () => [{ id: "new" }], unknown],
    [["ab", "c"], (docs) => [...docs, { id: "new" }], unknown],
    [["abc"], () => [{ id: "new" }], unknown],
    [["ab", "c"], function* () {}, /Cannot divide .* among the requests of a batch/],
    [["ab", "c"], () => 5, /Cannot divide/],
    [["ab", "c"], () => [1, 2, 3], /Cannot answer with an array that contains 1/],
  ];
  for (const [ids, handle, message] of cases) {
    const { message: said } = assertThrows(() => divide(ids, handle), TypeError);
    assertEquals(message.test(said) ? "" : said, "");
  }
});
