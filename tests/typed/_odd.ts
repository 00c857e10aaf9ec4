/** Executors with schemas that are unusual, or misbehave. */
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import { type DocumentArray, Executor, type RequestBindings, type StandardSchema } from "../../mod.ts";

// deno-lint-ignore no-explicit-any -- what the schemas give is checked by the tests
type Docs = any[];

const tree = z.object({
  name: z.string(),
  get kids() {
    return z.array(tree).optional();
  },
});

/** A schema of no library. */
function own(validate: (value: unknown) => unknown): StandardSchema {
  return { "~standard": { version: 1, vendor: "own", validate: validate as () => { value: unknown } } };
}

const fails = () => {
  throw new Error("kaputt");
};

class Base extends Executor {
  static readonly source = import.meta.url;
  static requests: RequestBindings = {
    "/inherited": { method: "see", input: z.object({ x: z.number() }) },
    "/overridden": { method: "see", input: z.object({ x: z.number() }) },
  };
  see(docs: Docs) {
    return docs;
  }
}

/** Schemas of many kinds. */
export class Odd extends Base {
  static override readonly source = import.meta.url;
  static override requests: RequestBindings = {
    "/overridden": { method: "see", input: z.object({ x: z.string() }) },
    "/tree": { method: "see", input: tree, output: tree },
    "/record": {
      method: "see",
      input: z.record(z.string(), z.number()),
      output: own((value) => ({ value })),
    },
    "/loose": { method: "see", input: own((value) => ({ value })) },
    "/optional": {
      method: "see",
      input: z.strictObject({ a: z.string().optional(), b: z.string().nullable(), c: z.string().nullish() }),
    },
    "/array": { method: "see", input: z.array(z.string()) },
    "/date": { method: "see", input: z.object({ at: z.coerce.date() }), output: z.object({ at: z.date() }) },
    "/bigint": { method: "see", input: z.object({ n: z.coerce.bigint() }) },
    "/nan": { method: "nan", output: z.object({ n: z.nan() }) },
    "/map": { method: "map", output: z.object({ m: z.map(z.string(), z.number()) }) },
    "/result": { method: "result", output: z.object({ n: z.number() }) },
    "/instance": { method: "see", input: own(() => ({ value: new Thing(5) })) },
    "/frozen": { method: "size", input: own(() => ({ value: Object.freeze(new Thing(5)) })) },
    "/stringified": { method: "stringified", output: own((value) => ({ value })) },
    "/made": { method: "made", input: own((value) => ({ value })) },
    "/made-batched": {
      method: "made",
      input: own((value) => ({ value })),
      batch: { size: 4, wait: 1 },
    },
    "/yielded": { method: "yielded", input: own((value) => ({ value })) },
    "/promised": {
      method: "see",
      input: own(() => ({ value: { then: undefined, a: Promise.resolve() }.a })),
    },
    "/text": { method: "see", input: own(() => ({ value: "5" })) },
    "/documents": {
      method: "documents",
      output: z.object({ text: z.string(), embedding: z.array(z.number()) }),
    },
    "/settings": {
      method: "settings",
      parameters: z.object({ k: z.string().default("5").transform(Number), at: z.coerce.date().optional() }),
    },
    default: { method: "see", input: z.object({ fallback: z.string() }) },
  };
  size(docs: Docs) {
    return docs.map(({ id, size }) => ({ id, size }));
  }
  stringified() {
    return [new Named("a")];
  }
  made(docs: Docs) {
    return docs.map(({ kind }) => MADE[kind as keyof typeof MADE]());
  }
  *yielded([{ kind }]: Docs) {
    yield MADE[kind as keyof typeof MADE]();
  }
  nan() {
    return [{ n: NaN }];
  }
  map() {
    return [{ m: new Map([["a", 1]]) }];
  }
  result() {
    return { n: 1 };
  }
  documents(docs: DocumentArray) {
    for (const doc of docs) doc.embedding = Float32Array.of(1, 2);
  }
  settings(_docs: Docs, { parameters }: { parameters: { k: unknown; at?: unknown } }) {
    const { k, at } = parameters;
    return { k: typeof k, at: Object.prototype.toString.call(at) };
  }
}

/** Objects that have no fields, and are no documents. */
const MADE = {
  promise: async () => await Promise.resolve({ n: 1 }),
  date: () => new Date(0),
  map: () => new Map([["n", 1]]),
  error: () => Object.assign(new Error("no"), { n: 1 }),
  bytes: () => Uint8Array.of(1),
  url: () => new URL("http://localhost"),
  getter: () =>
    new class {
      get n() {
        return 1;
      }
    }(),
};

class Named {
  constructor(readonly name: string) {}
  toJSON() {
    return this.name;
  }
}

class Thing {
  constructor(readonly size: number) {}
}

/** Schemas that have an id of their own. */
export class OwnIds extends Base {
  static override readonly source = import.meta.url;
  static override requests: RequestBindings = {
    "/zod": { method: "see", input: z.object({ id: z.string(), a: z.number() }) },
    "/strict": { method: "see", input: z.strictObject({ id: z.string().min(2), a: z.number() }) },
    "/valibot": { method: "see", input: v.strictObject({ id: v.string(), a: v.number() }) },
    "/arktype": { method: "see", input: type({ id: "string", a: "number" }) },
    "/union": {
      method: "see",
      input: z.union([z.strictObject({ id: z.string(), a: z.number() }), z.strictObject({ b: z.number() })]),
    },
    "/output": { method: "see", input: z.looseObject({}), output: z.strictObject({ id: z.string().min(2) }) },
  };
}

/** Schemas that misbehave. */
export class Broken extends Base {
  static override readonly source = import.meta.url;
  static override requests: RequestBindings = {
    "/throws": { method: "see", input: own(fails) },
    "/rejects": { method: "see", input: own(() => Promise.reject(new Error("kaputt"))) },
    "/output": { method: "see", input: own((value) => ({ value })), output: own(fails) },
    "/parameters": { method: "see", input: own((value) => ({ value })), parameters: own(fails) },
    "/nothing": { method: "see", input: own(() => undefined) },
    "/thenable": {
      method: "see",
      // deno-lint-ignore no-explicit-any -- a promise of another library
      input: own((value) => ({ then: (resolve: any) => resolve({ value }) })),
    },
    "/no-reason": { method: "see", input: own(() => ({ issues: [] })) },
    "/paths": {
      method: "see",
      input: own(() => ({
        issues: [{ message: "m", path: undefined }, { message: "n", path: [{ key: "a" }, Symbol("s"), 3] }],
      })),
    },
    "/never": { method: "see", input: own(() => new Promise(() => {})) },
  };
}

/** Adds a field. */
export class Adds extends Executor {
  static readonly source = import.meta.url;
  static requests = {
    "/chain": {
      method: "add",
      input: z.object({ a: z.number() }),
      output: z.object({ a: z.number(), b: z.number() }),
    },
  };
  add(docs: Docs) {
    for (const doc of docs) doc.b = doc.a + 1;
  }
}

/** Needs a field that another one adds. */
export class Needs extends Executor {
  static readonly source = import.meta.url;
  static requests = {
    "/chain": {
      method: "add",
      input: z.looseObject({ b: z.number().max(10) }),
      output: z.looseObject({ c: z.string() }),
    },
  };
  add(docs: Docs) {
    for (const doc of docs) doc.c = String(doc.b);
  }
}
