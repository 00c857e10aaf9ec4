/** Executors of a chain, with and without schemas. */
import { z } from "zod";
import { type DocumentArray, Executor } from "../../mod.ts";

// deno-lint-ignore no-explicit-any -- what the schemas give is checked by the tests
type Docs = any[];

const odd = z.strictObject({
  text: z.union([z.number(), z.null()]),
  tags: z.array(z.string()),
  weight: z.string(),
  price: z.number().nullable(),
  chunks: z.array(z.string()),
  embedding: z.string(),
});

/** Takes documents whose fields are named as those of a Document, and are others. */
export class OddFields extends Executor {
  static readonly source = import.meta.url;
  static requests = { "/odd": { method: "see", input: odd, output: odd } };
  see() {}
}

/** Has no schema, and tells what it sees of a document. */
export class Looks extends Executor {
  static readonly source = import.meta.url;
  static requests = { "/odd": "look", "/change": "change" };
  look(docs: DocumentArray) {
    return {
      seen: docs.map(({ text, tags, chunks, extra }) => ({ text, tags, chunks: chunks.length, extra })),
    };
  }
  change(docs: DocumentArray) {
    for (const doc of docs) {
      doc.text = "from the Document";
      const { removed: _, ...extra } = doc.extra ?? {};
      doc.extra = { ...extra, price: null, added: { n: 1 } };
    }
  }
}

const given = z.object({ price: z.number(), removed: z.string(), text: z.number() });
const changed = z.looseObject({ price: z.null(), text: z.string(), added: z.object({ n: z.number() }) });

/** The first one of a chain. */
export class First extends Executor {
  static readonly source = import.meta.url;
  static requests = { "/change": { method: "see", input: given, output: given } };
  see() {}
}

/** The last one of a chain. */
export class Third extends Executor {
  static readonly source = import.meta.url;
  static requests = { "/change": { method: "see", input: changed } };
  see(docs: Docs) {
    for (const doc of docs) doc.keys = Object.keys(doc).sort();
  }
}
