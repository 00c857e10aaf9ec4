/** A program with endpoints that have schemas, as a strict user of either package writes it. */

/** What the compiler has to accept, in addition to `strict`. */
export const STRICT = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  noPropertyAccessFromIndexSignature: true,
  noImplicitReturns: true,
  noUnusedLocals: true,
};

/** The libraries of the schemas. */
export const SCHEMA_PACKAGES = [
  "zod@^4.6.0",
  "valibot@^1.5.0",
  "arktype@^2.2.0",
  "@valibot/to-json-schema@^1.5.0",
];

/**
 * The Executor.
 *
 * @param library The package's name.
 * @param isJsr Whether it is the package from JSR, which cannot import the converter for valibot by itself.
 */
export function shopSource(library: string, isJsr = false): string {
  const [begin, end] = isJsr ? ["toStandardJsonSchema(", ")"] : ["", ""];
  return `${
    isJsr ? 'import { toStandardJsonSchema } from "@valibot/to-json-schema";\n' : ""
  }import { type DocumentArray, Executor, type RequestContext, requests, type Typed } from "${library}";
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";

const product = z.object({ title: z.string(), price: z.number(), note: z.string().optional() });
const priced = z.object({ title: z.string(), total: z.number(), mood: z.enum(["cheap", "dear"]) });
const settings = z.object({ tax: z.coerce.number().default(0.25) });
const valibot = ${begin}v.object({ title: v.string(), price: v.pipe(v.number(), v.transform(String)) })${end};
const arktype = type({ title: "string", "price?": "number" });

export class Shop extends Executor {
  static readonly source = import.meta.url;

  @requests({ on: "/zod", input: product, output: priced, parameters: settings })
  zod(docs: Typed<typeof product>[], { parameters }: RequestContext<z.output<typeof settings>>) {
    return docs.map(({ id, title, price }) => {
      const total = price * (1 + parameters.tax);
      return { id, title, total, mood: total < 10 ? "cheap" : "dear" };
    });
  }

  @requests({ on: "/valibot", input: valibot })
  async valibot(docs: Typed<typeof valibot>[]): Promise<void> {
    for (const doc of docs) doc.price = await Promise.resolve(doc.price.padStart(5, "0"));
  }

  @requests({ on: "/arktype", input: arktype, output: arktype })
  *arktype(docs: Typed<typeof arktype>[]) {
    for (const doc of docs) yield { ...doc, price: (doc.price ?? 0) + 1 };
  }

  @requests({ on: "/untyped" })
  untyped(docs: DocumentArray): DocumentArray {
    return docs;
  }

  // @ts-expect-error: the documents are plain objects
  @requests({ on: "/a", input: product })
  a(docs: DocumentArray) {
    return docs;
  }

  // @ts-expect-error: the total is missing
  @requests({ on: "/b", input: product, output: priced })
  b(docs: Typed<typeof product>[]) {
    return docs;
  }

  // @ts-expect-error: the tax is a number
  @requests({ on: "/c", parameters: settings })
  c(_docs: DocumentArray, _context: RequestContext<{ tax: string }>) {}
}
`;
}

/**
 * Sends requests to the Executor, and prints what came.
 *
 * @param shop The specifier of its module.
 */
export function shopScript(library: string, shop: string): string {
  return `import { Flow } from "${library}";
import { Shop } from "${shop}";

const flow = await new Flow({ listen: false, log: () => {} }).add({ uses: Shop }).start();
const ask = async (path: string, data: object, parameters: object = {}): Promise<unknown> => {
  const body = JSON.stringify({ data: [data], parameters });
  const headers = { "content-type": "application/json" };
  const response = await flow.fetch(new Request("http://localhost" + path, { method: "POST", headers, body }));
  const answer: { data?: unknown; detail?: { loc: unknown }[] } = await response.json();
  return answer.data ?? answer.detail?.[0]?.loc;
};
const tea = { id: "a", title: "tea", price: 4 };
const api = await (await flow.fetch(new Request("http://localhost/openapi.json"))).json();
const typeOf = (path: string): unknown =>
  api.paths[path].post.requestBody.content["application/json"].schema.properties.data.items.properties.price;
console.log(JSON.stringify([
  await ask("/zod", tea),
  await ask("/zod", tea, { tax: "1.5" }),
  await ask("/zod", { title: "tea" }),
  await ask("/valibot", tea),
  await ask("/arktype", tea),
  ["/zod", "/valibot", "/arktype"].map(typeOf),
]));
await flow.close();
`;
}

const NUMBER = { type: "number" };

/** What the script prints. */
export const PRINTED = [
  [{ id: "a", title: "tea", total: 5, mood: "cheap" }],
  [{ id: "a", title: "tea", total: 10, mood: "dear" }],
  ["body", "data", 0, "price"],
  [{ id: "a", title: "tea", price: "00004" }],
  [{ id: "a", title: "tea", price: 5 }],
  [NUMBER, NUMBER, NUMBER],
];
