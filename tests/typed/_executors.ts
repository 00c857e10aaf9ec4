/** Executors with schemas of zod, valibot and arktype. */
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import { type DocumentArray, Executor } from "../../mod.ts";

// deno-lint-ignore no-explicit-any -- what the schemas give is checked by the tests
type Docs = any[];

const item = z.object({
  title: z.string(),
  price: z.number(),
  at: z.object({ city: z.string() }).optional(),
});
const unique = z.object({ title: z.string() }).refine(
  (doc) => Promise.resolve(doc.title !== "taken"),
  { message: "the title is taken" },
);
const shape = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("circle"), radius: z.number() }),
  z.object({ kind: z.literal("square"), side: z.number() }),
]);

const sized = z.object({ text: z.string(), size: z.number() });

/** Endpoints that take Documents, and answer with fields that these do not have. */
export class Sized extends Executor {
  static readonly source = import.meta.url;
  static requests = {
    "/size": { method: "size", output: sized },
    "/sizes": { method: "sizes", output: sized },
  };
  size(docs: DocumentArray) {
    return docs.map(({ id, text }) => ({ id, text, size: text.length }));
  }
  *sizes([{ text }]: DocumentArray) {
    for (let size = 1; size <= 2; size++) yield { text: text.slice(0, size), size };
  }
}

/** Endpoints with schemas of zod. */
export class Zod extends Executor {
  static readonly source = import.meta.url;
  static requests = {
    "/see": { method: "see", input: item },
    "/strict": { method: "see", input: z.strictObject({ text: z.number() }) },
    "/loose": { method: "see", input: z.looseObject({}) },
    "/nullable": {
      method: "see",
      input: z.strictObject({ text: z.string().nullable(), tags: z.array(z.string()) }),
    },
    "/default": {
      method: "see",
      input: z.object({ n: z.coerce.number().default(7), t: z.string().transform((t) => t.length) }),
    },
    "/unique": { method: "see", input: unique },
    "/shape": { method: "see", input: shape },
    "/out": { method: "out", output: z.object({ label: z.string(), score: z.number().max(1).default(0.5) }) },
    "/parameters": { method: "parameters", parameters: z.strictObject({ k: z.coerce.number().default(3) }) },
    "/stream": {
      method: "stream",
      input: z.object({ n: z.number() }),
      output: z.object({ n: z.number().max(2) }),
    },
    "/frozen": { method: "see", input: z.object({ n: z.number() }).readonly() },
    "/nonsense": { method: "see", input: z.any().transform(() => "text") },
  };
  see(docs: Docs) {
    for (const doc of docs) if (!Object.isFrozen(doc)) doc.seen = doc.constructor === Object;
  }
  out(docs: DocumentArray) {
    return docs.map(({ id, text }) => text === "bad" ? { id, label: text, score: 2 } : { id, label: text });
  }
  parameters(_docs: DocumentArray, { parameters }: { parameters: object }) {
    return { parameters };
  }
  async *stream([{ n }]: Docs) {
    for (let index = 0; index < n; index++) yield { n: await Promise.resolve(index) };
  }
}

/** The same with valibot. */
export class Valibot extends Executor {
  static readonly source = import.meta.url;
  static requests = {
    "/see": { method: "see", input: v.object({ title: v.string(), price: v.number() }) },
    "/strict": { method: "see", input: v.strictObject({ text: v.number() }) },
    "/unique": {
      method: "see",
      input: v.objectAsync({
        title: v.pipeAsync(
          v.string(),
          v.checkAsync((title) => Promise.resolve(title !== "taken"), "the title is taken"),
        ),
      }),
    },
  };
  see(docs: Docs) {
    for (const doc of docs) doc.seen = true;
  }
}

/** The same with arktype. */
export class Arktype extends Executor {
  static readonly source = import.meta.url;
  static requests = {
    "/see": { method: "see", input: type({ title: "string", price: "number" }) },
    "/strict": { method: "see", input: type({ "+": "reject", text: "number" }) },
  };
  see(docs: Docs) {
    for (const doc of docs) doc.seen = true;
  }
}

/** Has no schema; notes what it sees. */
export class Untyped extends Executor {
  static readonly source = import.meta.url;
  static requests = { "/see": "see", "/nullable": "see", "/untyped": "see" };
  see(docs: DocumentArray) {
    for (const doc of docs) doc.uri = `${doc.text}|${JSON.stringify(doc.extra)}`;
  }
}

/** The last one of a chain. */
export class Last extends Executor {
  static readonly source = import.meta.url;
  static requests = { "/see": { method: "see", input: z.looseObject({ price: z.number() }) } };
  see(docs: Docs) {
    for (const doc of docs) doc.price++;
  }
}
