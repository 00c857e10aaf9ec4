/** What the compiler accepts: this file is a proof when it is type-checked; it has nothing to run. */
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import { type DocumentArray, Executor, type RequestContext, requests, type Typed } from "../../mod.ts";

const zod = z.object({ price: z.number().transform(String) });
const valibot = v.object({ price: v.pipe(v.number(), v.transform(String)) });
const arktype = type({ price: "string" });
const settings = z.object({ k: z.coerce.number().default(3) });

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
    // @ts-expect-error: no schema
    @requests({ on: "/f", input: { type: "object" } })
    f() {}
    // @ts-expect-error: no such option
    @requests({ onn: "/g" })
    g() {}
  }
  return DoesNotFit;
}

Deno.test("requests() fits methods to schemas at compile time", () => void [Fits, FitsToo, refused]);
