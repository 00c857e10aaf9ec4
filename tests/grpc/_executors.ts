/** The Executor of the recorded exchanges, in TypeScript. @module */
import { Document, type DocumentArray, Executor } from "../../mod.ts";

export class Ex extends Executor {
  static readonly source = import.meta.url;
  static readonly requests = {
    default: "any",
    "/foo": "foo",
    "/dict": "dict",
    "/params": "params",
    "/raise": "raise",
    "/newdocs": "newDocs",
    "/fields": "fields",
    "/echo": "echo",
    "/rich": "echo",
    "/stream": "stream",
  };

  any(docs: DocumentArray) {
    for (const doc of docs) doc.text = `default:${doc.text}`;
  }

  foo(docs: DocumentArray) {
    for (const doc of docs) doc.text = `foo:${doc.text}`;
  }

  dict() {
    return { answer: 42, nested: { a: [1, 2.5, "x", null, true] } };
  }

  params(docs: DocumentArray, { parameters }: { parameters: Record<string, unknown> }) {
    for (const doc of docs) doc.text = JSON.stringify(parameters);
  }

  raise() {
    throw new RangeError("boom from executor");
  }

  newDocs() {
    return [new Document({ id: "n1", text: "one" }), new Document({ id: "n2", text: "two" })];
  }

  fields(docs: DocumentArray) {
    for (const doc of docs) {
      doc.text = "fields";
      doc.embedding = new Float32Array([1, 2, 3]);
      doc.tags = { s: "x", n: 1, f: 0.5, o: { k: true }, l: [1, "a", null] };
    }
  }

  echo() {}

  async *stream(docs: DocumentArray) {
    for (let index = 0; index < 3; index++) {
      await Promise.resolve();
      yield new Document({ text: `${docs[0].text} ${index}` });
    }
  }
}
