/** Executors with schemas, for documents whose values have kinds. */
import { z } from "zod";
import { type Document, type DocumentArray, Executor } from "../../mod.ts";

// deno-lint-ignore no-explicit-any -- what the schemas give is checked by the tests
type Docs = any[];

const shop = z.object({ id: z.string().optional(), city: z.string(), rating: z.number() });
const full = z.looseObject({ title: z.string(), price: z.number(), count: z.int(), shop });
const tree = z.object({
  size: z.number(),
  get kids() {
    return z.array(tree).optional();
  },
});
const numbers = z.object({
  price: z.number(),
  count: z.int(),
  free: z.unknown(),
  maybe: z.number().nullable(),
  list: z.array(z.number()),
  pair: z.tuple([z.int(), z.number()]),
  tree,
  scores: z.record(z.string(), z.number()),
});

/** Endpoints that answer with what they get, or with something else. */
export class Kinds extends Executor {
  static readonly source = import.meta.url;
  static requests = {
    "/echo": { method: "echo", input: z.looseObject({}) },
    "/copy": { method: "copy", input: full, output: full },
    "/output": { method: "echo", output: z.looseObject({}) },
    "/saw": { method: "saw", input: z.looseObject({}) },
    "/change": { method: "change", input: z.looseObject({}) },
    "/numbers": { method: "numbers", output: numbers },
    "/stream": { method: "stream", output: z.object({ n: z.number() }) },
    "/misfit": { method: "misfit", output: z.object({ n: z.number() }) },
  };
  echo() {}
  copy(docs: Docs) {
    return structuredClone(docs);
  }
  saw([doc]: Docs) {
    const text = (_key: string, value: unknown) =>
      value instanceof Uint8Array ? `Uint8Array ${value}` : value;
    return [{ saw: JSON.stringify(doc, text) }];
  }
  change(docs: Docs) {
    for (const doc of docs) {
      doc.title = "other";
      doc.names.push("y");
      doc.price = "free";
      doc.rows = ["none"];
      doc.vector.push(3);
      doc.parts.reverse()[0].weight = 5;
      doc.made = { n: 1, f: 1.5 };
    }
  }
  numbers([{ id }]: DocumentArray) {
    const tree = { size: 1, kids: [{ size: 2 }] };
    return [{
      id,
      price: 3,
      count: 3,
      free: 3,
      maybe: 3,
      list: [1, 2],
      pair: [1, 1],
      tree,
      scores: { a: 1 },
    }];
  }
  *stream() {
    yield { n: 0 };
    yield { n: 1 };
  }
  misfit([{ id }]: DocumentArray) {
    return [{ id, n: "x" }];
  }
}

/** Has no schema; counts the Executors like it. */
export class SeenKinds extends Executor {
  static readonly source = import.meta.url;
  static requests = { "/echo": "see" };
  see(docs: DocumentArray) {
    for (const doc of docs as Document[]) {
      doc.extra = { ...doc.extra, seen: Number(doc.extra?.seen ?? 0) + 1 };
    }
  }
}

/** The last one of a chain. */
export class LastKinds extends Executor {
  static readonly source = import.meta.url;
  static requests = { "/echo": { method: "see", input: z.looseObject({ last: z.number().default(1) }) } };
  see() {}
}
