/** Executors for "Try it". */
import { z } from "zod";
import { Document, type DocumentArray, Executor, type RequestContext, requests } from "../../mod.ts";

/** The smallest PNG: one pixel. */
export const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const product = z.object({
  title: z.string(),
  price: z.number().min(0),
  count: z.int().optional(),
  kind: z.enum(["tea", "coffee"]),
  fresh: z.boolean(),
  names: z.array(z.string()).optional(),
});

const shape = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("circle"), radius: z.number() }),
  z.object({ kind: z.literal("square"), side: z.number() }),
]);

/** Answers with each kind of field. */
export class Rich extends Executor {
  static readonly source = import.meta.url;
  static requests = {
    "/see": { method: "see", input: product, parameters: z.object({ tax: z.number().max(1) }) },
    "/shape": { method: "see", input: shape },
  };
  see(docs: Record<string, unknown>[]) {
    for (const doc of docs) doc.seen = true;
  }
  @requests({ on: "/fields" })
  fields(docs: DocumentArray) {
    for (const doc of docs) {
      doc.embedding = Float32Array.from({ length: 300 }, (_, index) => Math.sin(index / 20));
      doc.tensor = [Int32Array.of(1, 2, 3), Int32Array.of(4, 5, 6)];
      doc.tags = { lang: "en", nested: { deep: [1, 2, 3] } };
      doc.uri = `data:image/png;base64,${PNG}`;
      doc.blob = Uint8Array.from(atob(PNG), (char) => char.charCodeAt(0));
      doc.scores = { cosine: { value: 0.5 } };
      doc.matches.push(
        new Document({ text: "a match", scores: { cosine: { value: 0.75, opName: "cosine" } } }),
      );
      doc.chunks.push(new Document({ text: "a chunk" }));
    }
  }
  @requests({ on: "/echo" })
  echo(docs: DocumentArray, { parameters }: RequestContext) {
    for (const doc of docs) doc.tags.parameters = parameters;
  }
  @requests({ on: "/boom" })
  boom() {
    throw new TypeError("a handler that throws");
  }
  @requests({ on: "/many" })
  many(_docs: DocumentArray, { parameters }: RequestContext) {
    const { count, length } = parameters as { count: number; length: number };
    return Array.from(
      { length: count },
      (_, index) => new Document({ text: `${index} ${"x".repeat(length)}` }),
    );
  }
  @requests({ on: "/result" })
  result() {
    return { answer: 42 };
  }
}
