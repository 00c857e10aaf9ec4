/** What the compiler accepts: this file is a proof when it is type-checked; it has nothing to run. */
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import {
  type DocumentArray,
  Executor,
  type RequestContext,
  requests,
  type RequestsOptions,
  type StandardSchema,
  type Typed,
} from "../../mod.ts";

const zod = z.object({ price: z.number().transform(String) });
const valibot = v.object({ price: v.pipe(v.number(), v.transform(String)) });
const arktype = type({ price: "string" });
const settings = z.object({ k: z.coerce.number().default(3) });

const priced = z.object({ price: z.number(), currency: z.string().default("EUR") });
const shape = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("circle"), radius: z.number() }),
  z.object({ kind: z.literal("square"), side: z.number() }),
]);

const inferred = z.object({
  mood: z.enum(["good", "bad"]),
  pair: z.tuple([z.number(), z.number()]),
  at: z.date(),
  more: z.record(z.string(), z.unknown()),
  rest: z.any(),
});

const options: RequestsOptions = { on: "/given", batch: { size: 2, wait: 1 } };
const anySchema: StandardSchema = zod;

class Fits extends Executor {
  @requests({ on: "/zod", input: zod })
  zod(docs: Typed<typeof zod>[]) {
    const price: string = docs[0].price;
    const id: string = docs[0].id;
    // @ts-expect-error: the schema has no such field
    return [{ id, price, none: docs[0].none }];
  }
  @requests({ on: "/valibot", input: valibot, output: valibot })
  valibot(docs: Typed<typeof valibot>[]) {
    return docs.map(({ id, price }) => ({ id, price: price.length }));
  }
  @requests({ on: ["/arktype"], input: arktype })
  async *arktype(docs: readonly Typed<typeof arktype>[]) {
    for (const doc of docs) yield await Promise.resolve(doc);
  }
  @requests({ on: "/parameters", parameters: settings })
  parameters(_docs: DocumentArray, { parameters }: RequestContext<z.output<typeof settings>>) {
    return { k: parameters.k.toFixed() };
  }
  @requests({ on: "/fewer", input: zod })
  fewer() {}
  @requests({ on: "/in-place", input: zod, output: zod })
  inPlace(docs: Typed<typeof zod>[]) {
    if (docs.length > 1) return;
    return [{ price: 1 }];
  }
  @requests({ on: "/void", output: priced })
  async void(docs: DocumentArray) {
    for (const doc of docs) doc.text = await Promise.resolve("");
  }
  @requests({ on: "/documents", output: priced })
  documents(docs: DocumentArray) {
    return docs;
  }
  @requests({ on: "/promise", output: priced })
  promise(docs: DocumentArray): Promise<readonly { id?: string; price: number }[] | undefined> {
    return Promise.resolve(docs.map(({ id }) => ({ id, price: 1 })));
  }
  @requests({ on: "/result", output: priced })
  result() {
    return { count: 5 };
  }
  @requests({ on: "/stream", output: priced })
  *stream() {
    yield { price: 1, currency: "EUR" };
    return { count: 1 };
  }
  @requests({ on: "/async-stream", output: shape })
  async *asyncStream() {
    yield { kind: "circle", radius: await Promise.resolve(1) };
    yield { kind: "square", side: 1 };
  }
  @requests({ on: "/inferred", output: inferred })
  inferred(docs: DocumentArray) {
    return docs.map(({ id, text }) => ({
      id,
      mood: text ? "good" : "bad",
      pair: [1, 2],
      at: new Date(),
      more: {},
      rest: 0,
    }));
  }
  @requests({ on: "/any", output: priced })
  // deno-lint-ignore no-explicit-any -- as untyped code has it
  any(): any {}
  @requests({ on: "/this", input: zod, headers: ["a"] })
  withThis(this: Fits, docs: Typed<typeof zod>[]) {
    return this.zod(docs);
  }
  @requests({ on: "/this-type" })
  thisType(this: this, docs: DocumentArray) {
    return this.plain(docs, {} as RequestContext);
  }
  @requests(options)
  given(docs: DocumentArray) {
    return docs;
  }
  @requests({ on: "/own", input: anySchema, output: anySchema, parameters: undefined })
  own(docs: { id: string }[]) {
    return docs;
  }
  @requests
  plain(docs: DocumentArray, _context: RequestContext) {
    return docs;
  }
}

class FitsToo extends Executor {
  @requests()
  empty(docs: DocumentArray) {
    return docs;
  }
}

/** Not called: it would throw. */
function refused() {
  class DoesNotFit extends Executor {
    // @ts-expect-error: the documents are plain objects
    @requests({ on: "/a", input: zod })
    a(docs: DocumentArray) {
      return docs;
    }
    // @ts-expect-error: the schema gives texts
    @requests({ on: "/b", input: zod })
    b(docs: { price: number }[]) {
      return docs;
    }
    // @ts-expect-error: another schema
    @requests({ on: "/c", input: valibot })
    c(docs: { name: string }[]) {
      return docs;
    }
    // @ts-expect-error: k is a number
    @requests({ on: "/d", parameters: settings })
    d(_docs: DocumentArray, _context: RequestContext<{ k: string }>) {}
    // @ts-expect-error: without a schema, documents are Documents
    @requests({ on: "/e" })
    e(docs: Typed<typeof zod>[]) {
      return docs;
    }
    // @ts-expect-error: the price is missing
    @requests({ on: "/missing", output: priced })
    missing(docs: DocumentArray) {
      return docs.map(({ id }) => ({ id }));
    }
    // @ts-expect-error: the price is a number
    @requests({ on: "/text", output: priced })
    text() {
      return Promise.resolve([{ price: "1" }]);
    }
    // @ts-expect-error: the schema takes a number
    @requests({ on: "/transformed", input: valibot, output: valibot })
    transformed(docs: Typed<typeof valibot>[]) {
      return docs;
    }
    // @ts-expect-error: the price is a number
    @requests({ on: "/yields", output: priced })
    *yields() {
      yield { price: "1" };
    }
    // @ts-expect-error: the price is a number
    @requests({ on: "/yields-async", output: priced })
    async *yieldsAsync() {
      yield await Promise.resolve({ price: "1" });
    }
    // @ts-expect-error: an id is a text
    @requests({ on: "/id", output: priced })
    id() {
      return [{ id: 5, price: 1 }];
    }
    // @ts-expect-error: no result
    @requests({ on: "/number", output: priced })
    number() {
      return 5;
    }
    // @ts-expect-error: no schema
    @requests({ on: "/f", input: { type: "object" } })
    f() {}
    // @ts-expect-error: no such option
    @requests({ onn: "/g" })
    g() {}
    // @ts-expect-error: no such option
    @requests({ on: "/h", inptu: zod })
    h() {}
    // @ts-expect-error: no such option
    @requests({ on: "/i", input: zod, heders: ["a"] })
    i() {}
    // @ts-expect-error: no such option of a batch
    @requests({ on: "/j", batch: { size: 1, wait: 1, timeout: 1 } })
    j() {}
    // @ts-expect-error: the documents are plain objects
    @requests({ on: "/k", input: zod })
    k(this: DoesNotFit, docs: DocumentArray) {
      return docs;
    }
  }
  return DoesNotFit;
}

Deno.test("requests() fits methods to schemas at compile time", () => void [Fits, FitsToo, refused]);
