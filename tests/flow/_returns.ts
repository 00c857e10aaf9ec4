/** What handlers may return, once plain and once behind a promise, and what they must not. */
import { Document, DocumentArray, Executor } from "../../mod.ts";

const FINE = ["nothing", "array", "plainArray", "plainDocs", "object", "empty", "nullish", "bare"];
const ODD = ["text", "date", "map", "one", "holes", "nested", "big"];

export class Returns extends Executor {
  static readonly source = import.meta.url;
  static requests = Object.fromEntries([
    ...[...FINE, ...ODD].map((name) => [`/${name}`, name]),
    ...FINE.map((name) => [`/async/${name}`, `${name}Later`]),
  ]);
  nothing(docs: DocumentArray) {
    docs[0].text = "mutated";
  }
  async nothingLater(docs: DocumentArray) {
    await Promise.resolve();
    docs.push(new Document({ id: "more" }));
  }
  array() {
    return DocumentArray.from([{ id: "n", text: "new" }]);
  }
  arrayLater() {
    return Promise.resolve(this.array());
  }
  plainArray(docs: DocumentArray) {
    return docs.map((doc) => doc).reverse();
  }
  plainArrayLater(docs: DocumentArray) {
    return Promise.resolve(this.plainArray(docs));
  }
  plainDocs() {
    return [{ id: "p", text: "plain" }];
  }
  plainDocsLater() {
    return Promise.resolve(this.plainDocs());
  }
  object() {
    return { answer: 42 };
  }
  objectLater() {
    return Promise.resolve({ answer: 43 });
  }
  empty() {
    return new DocumentArray();
  }
  emptyLater() {
    return Promise.resolve([]);
  }
  nullish() {
    return null;
  }
  nullishLater() {
    return Promise.resolve(undefined);
  }
  bare() {
    return Object.create(null);
  }
  bareLater() {
    return Promise.resolve({});
  }
  text() {
    return "text";
  }
  date() {
    return new Date(0);
  }
  map() {
    return new Map([["a", 1]]);
  }
  one() {
    return new Document({ id: "one" });
  }
  holes() {
    return [new Document(), undefined];
  }
  nested() {
    return [[new Document()]];
  }
  big() {
    return { answer: 42n };
  }
}
