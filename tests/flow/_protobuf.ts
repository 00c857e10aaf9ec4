/** Executors for requests as protobuf. */
import { Document, type DocumentArray, Executor, type RequestContext, requests } from "../../mod.ts";

export class Marks extends Executor {
  @requests
  mark(docs: DocumentArray) {
    for (const doc of docs) doc.text += this.runtime.deployment;
  }
  @requests({ on: "/branch" })
  branch(docs: DocumentArray) {
    for (const doc of docs) {
      doc.tags[this.runtime.deployment] = 1;
      if (this.runtime.deployment === "a") doc.embedding = Float32Array.of(0.1, NaN);
      else doc.blob = Uint8Array.of(1, 2);
    }
  }
  @requests({ on: "/types" })
  types(docs: DocumentArray) {
    return { types: docs.map(({ embedding }) => embedding?.constructor.name ?? null) };
  }
  @requests({ on: "/stream" })
  *stream(docs: DocumentArray, { parameters }: RequestContext) {
    for (let index = 0; index < Number(parameters.count); index++) {
      yield new Document({ id: `${index}`, text: docs[0].text + index });
    }
  }
  @requests({ on: "/endless" })
  *endless(_docs: DocumentArray, { signal }: RequestContext) {
    while (!signal.aborted) yield new Document({ id: "x" });
  }
  @requests({ on: "/raise" })
  raise(docs: DocumentArray) {
    for (const doc of docs) {
      doc.text = "touched";
      doc.embedding = undefined;
    }
    if (this.runtime.deployment === "b") throw new RangeError("boom");
  }
  @requests({ on: "/unfit" })
  unfit(docs: DocumentArray) {
    docs[0].embedding = [[1, 2], [3]];
  }
}
