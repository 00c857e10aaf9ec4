/** The Executors that the Python clients talk to. */
import { Document, type DocumentArray, Executor, type RequestContext, requests } from "../../mod.ts";

export class A extends Executor {
  @requests()
  append(docs: DocumentArray) {
    for (const doc of docs) doc.text += `>${this.runtime.deployment}`;
  }
  @requests({ on: "/parameters" })
  parameters(docs: DocumentArray, { parameters }: RequestContext) {
    for (const doc of docs) doc.text += `${JSON.stringify(parameters)}\n`;
  }
}

export class Fields extends Executor {
  /** Tells what it sees, and changes nothing. */
  @requests({ on: "/seen" })
  see(docs: DocumentArray) {
    return { docs: Array.from(docs, seen) };
  }

  @requests({ on: "/fill" })
  fill(docs: DocumentArray) {
    const [first, second, third] = docs;
    Object.assign(first, {
      text: "filled",
      mimeType: "text/plain",
      weight: 0.5,
      uri: "https://example.com/b",
      tags: { price: 2.5, of: { list: ["y", null, true] } },
      offset: 1.5,
      location: [0.5, 2.5],
      modality: "text",
      parentId: "parent",
      granularity: 1,
      adjacency: 2,
      embedding: Float32Array.of(0.5, -1.5),
      scores: { cosine: { value: 0.75, opName: "cos", description: "near", refId: "r" } },
      evaluations: { recall: { value: 0.25 } },
    });
    first.matches.push(new Document({ id: "match", text: "found", embedding: Float64Array.of(0.1) }));
    second.blob = Uint8Array.of(0, 255, 128);
    third.tensor = [[Float32Array.of(0.5, 1), Float32Array.of(2, 3)]];
  }

  @requests({ on: "/results" })
  results() {
    return { answer: 42, nested: { list: [1, 2.5, "x", null, true] } };
  }

  @requests({ on: "/raise" })
  raise() {
    throw new RangeError("no such model");
  }

  @requests({ on: "/foo" })
  foo(docs: DocumentArray) {
    for (const doc of docs) doc.text = "foo";
  }
}

/** A document's fields by name, and the class of those that are no plain JSON. */
function seen(doc: Document): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(doc).map(([name, value]) => {
      if (name === "chunks" || name === "matches") return [name, Array.from(value as DocumentArray, seen)];
      if (ArrayBuffer.isView(value)) return [name, typed(value)];
      return [name, name === "tensor" ? Array.from(value as Float64Array[], typed) : value];
    }),
  );
}

function typed(value: ArrayBufferView): [string, number[]] {
  return [value.constructor.name, Array.from(value as Float64Array)];
}
