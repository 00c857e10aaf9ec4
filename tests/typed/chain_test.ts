/** Chains of Executors with and without schemas. */
import { assertEquals } from "@std/assert";
import { Served } from "../flow/_serve.ts";
import { First, Looks, OddFields, Third } from "./_chain.ts";

const ODD = {
  id: "a",
  text: null,
  tags: ["x"],
  weight: "heavy",
  price: null,
  chunks: ["no document"],
  embedding: "none",
};

Deno.test("an Executor without a schema gets fields that a Document cannot hold in extra, before and after typed ones", async () => {
  await using served = await Served.start([{ uses: Looks, name: "before" }, { uses: OddFields }, {
    uses: Looks,
    name: "after",
  }]);
  for (const doc of [ODD, { ...ODD, text: 5 }]) {
    const { status, body } = await served.post("/odd", { data: [doc] });
    assertEquals([status, body.data], [200, [doc]], JSON.stringify(body));
    const { id: _, ...extra } = doc;
    const seen = { seen: [{ text: "", tags: {}, chunks: 0, extra }] };
    const { __results__: results } = body.parameters;
    assertEquals(results, { "before/rep-0": seen, "after/rep-0": seen });
  }
  const { body } = await served.post("/odd", { data: [{ ...ODD, price: "x" }] });
  assertEquals(body.detail.map(({ loc }: { loc: unknown }) => loc), [["body", "data", 0, "price"]]);
});

Deno.test("what an Executor without a schema changes between typed ones is what the next one gets", async () => {
  await using served = await Served.start([{ uses: First }, { uses: Looks }, { uses: Third }]);
  const { status, body } = await served.post("/change", {
    data: [{ id: "a", price: 1, removed: "x", text: 5 }],
  });
  assertEquals(status, 200, JSON.stringify(body));
  assertEquals(body.data, [{
    id: "a",
    text: "from the Document",
    price: null,
    added: { n: 1 },
    keys: ["added", "id", "price", "text"],
  }]);
});
