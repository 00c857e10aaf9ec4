/** The Executors of the recorded flows A, B and C. */
import { DocumentArray, Executor, type RequestContext, requests } from "../../mod.ts";

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
    throw Object.assign(new Error("boom from executor"), { name: "ValueError" });
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
  @requests({ on: ["/echo", "/same"] })
  echo() {}
  @requests({ on: "/newdocs" })
  newDocs() {
    return DocumentArray.from([{ id: "n1", text: "one" }, { id: "n2", text: "two" }]);
  }
  @requests({ on: "/badreturn" })
  badReturn() {
    return 5 as unknown as undefined;
  }
}

/** The Executor of flow B. */
export class OnlyFoo extends Executor {
  @requests({ on: "/foo" })
  foo(docs: DocumentArray) {
    for (const doc of docs) doc.text = "onlyfoo";
  }
}

/** The first Executor of flow C. */
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
    for (const doc of docs) doc.text = JSON.stringify(parameters);
  }
  @requests({ on: "/raise" })
  raise(docs: DocumentArray): void {
    for (const doc of docs) doc.text = `touched ${this.constructor.name}`;
  }
}

/** The second one. */
export class B extends A {
  static readonly source = import.meta.url;
  override raise(): void {
    throw new RangeError("B fails");
  }
}
