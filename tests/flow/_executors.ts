/** The Executors of the recorded flows. Errors have the names that they have there. */
import { Document, DocumentArray, Executor, type RequestContext, requests } from "../../mod.ts";

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

/** The Executor of flow A. */
export class Ex extends Executor {
  @requests
  fallback(docs: DocumentArray) {
    for (const doc of docs) doc.text = `default:${doc.text}`;
  }
  @requests({ on: "/foo" })
  foo(docs: DocumentArray) {
    for (const doc of docs) doc.text = `foo:${doc.text}`;
  }
  @requests({ on: "/raise" })
  raise() {
    throw named("ValueError", "boom from executor");
  }
  @requests({ on: "/dict" })
  dict() {
    return { answer: 42, nested: { a: [1, 2.5, "x", null, true] } };
  }
  @requests({ on: "/params" })
  params(docs: DocumentArray, { parameters }: RequestContext) {
    const sorted = Object.fromEntries(Object.entries(parameters).sort(([a], [b]) => a < b ? -1 : 1));
    for (const doc of docs) doc.text = JSON.stringify(sorted);
  }
  @requests({ on: "/setparams" })
  setParams(_docs: DocumentArray, { parameters }: RequestContext) {
    parameters.added = true;
  }
  @requests({ on: ["/echo", "/same"] })
  echo() {}
  @requests({ on: "/newdocs" })
  newDocs() {
    return DocumentArray.from([{ id: "n1", text: "one" }, { id: "n2", text: "two" }]);
  }
  @requests({ on: "/emptydocs" })
  emptyDocs() {
    return new DocumentArray();
  }
  @requests({ on: "/badreturn" })
  badReturn() {
    return 5 as unknown as undefined;
  }
  @requests({ on: "/kwargs" })
  kwargs(docs: DocumentArray, context: RequestContext) {
    for (const doc of docs) doc.text = Object.keys(context).join();
  }
  @requests({ on: "/fields" })
  fields(docs: DocumentArray) {
    for (const doc of docs) {
      doc.embedding = Float32Array.of(0.5, 1);
      doc.tensor = [Int32Array.of(1, 2), Int32Array.of(3, 4)];
      doc.tags = { a: 1, b: "x" };
      // A score that is a bare number is a mistake, there and here.
      const scores = { cos: 0.5 } as never;
      doc.matches.push(new Document({ id: "m1", text: "match", scores }));
      doc.chunks.push(new Document({ id: "c1", text: "chunk" }));
    }
  }
  @requests({ on: "/type" })
  type(docs: DocumentArray) {
    for (const doc of docs) {
      const { mimeType = "", text } = doc;
      doc.text = [typeof doc.id, mimeType, text, Object.keys(doc.toJSON()).sort()].join("|");
    }
  }
  @requests({ on: "/slow" })
  async slow() {
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

/** The Executor of flow B. */
export class OnlyFoo extends Executor {
  @requests({ on: "/foo" })
  foo(docs: DocumentArray) {
    for (const doc of docs) doc.text = "onlyfoo";
  }
}

/** The first Executor of flows C and D. */
export class A extends Executor {
  @requests
  append(docs: DocumentArray) {
    for (const doc of docs) doc.text += `>${this.constructor.name}`;
  }
  @requests({ on: "/dict" })
  dict(): Record<string, unknown> {
    return { from: this.constructor.name };
  }
  @requests({ on: "/tags" })
  tags(docs: DocumentArray, { parameters }: RequestContext) {
    const sorted = Object.entries(parameters).sort(([a], [b]) => a < b ? -1 : 1);
    for (const doc of docs) doc.text = JSON.stringify(sorted);
  }
  @requests({ on: "/raise" })
  raise(docs: DocumentArray): void {
    for (const doc of docs) doc.text = `touched ${this.constructor.name}`;
  }
}

/** The second one: it fails where the others do not. */
export class B extends A {
  static readonly source = import.meta.url;
  override raise(): void {
    throw named("RuntimeError", "B fails");
  }
}

/** The one of flow D that needs the other two. */
export class C extends A {
  static readonly source = import.meta.url;
}
