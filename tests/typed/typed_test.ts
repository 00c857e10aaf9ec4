/** Endpoints with schemas, over HTTP. */
import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import {
  type AddOptions,
  BadClientError,
  Client,
  Document,
  Executor,
  type Flow,
  requests,
} from "../../mod.ts";
import { bindingsOf } from "../../src/executor/bindings.ts";
import { askForEvents, eventsOf } from "../support/events.ts";
import { Served } from "../flow/_serve.ts";
import { Arktype, Last, Sized, Untyped, Valibot, Zod } from "./_executors.ts";

/** Posts documents, and returns those of the answer. */
async function docsOf(served: Served, path: string, data: unknown, parameters = {}) {
  const { status, body } = await served.post(path, { data, parameters });
  assertEquals(status, 200, JSON.stringify(body));
  return body.data;
}

for (const uses of [Zod, Valibot, Arktype]) {
  Deno.test(`Flow validates documents by a schema of ${uses.name}, without their ids`, async () => {
    await using served = await Served.start({ uses });
    const doc = { id: "a", title: "tea", price: 3 };
    assertEquals(await docsOf(served, "/see", [doc]), [{ ...doc, seen: true }]);
    assertEquals(await docsOf(served, "/strict", [{ id: "a", text: 5 }]), [{ id: "a", text: 5, seen: true }]);
    const { status, body } = await served.post("/see", { data: [doc, { ...doc, price: "3" }, { price: 1 }] });
    assertEquals(status, 422);
    const places = body.detail.map(({ loc }: { loc: unknown }) => loc);
    assertEquals(places, [["body", "data", 1, "price"], ["body", "data", 2, "title"]]);
    const nested = await served.post("/see", { data: { docs: [{ title: "x" }] } });
    assertEquals(nested.body.detail[0].loc, ["body", "data", "docs", 0, "price"]);
    assertEquals((await served.post("/strict", { data: [{ text: 5, more: 1 }] })).status, 422);
    assertEquals((await served.post("/see", { data: [{ ...doc, id: {} }] })).body.detail[0].loc, [
      "body",
      "data",
      0,
      "id",
    ]);
    if (uses === Arktype) return;
    assertEquals((await docsOf(served, "/unique", [{ title: "free" }])).length, 1);
    const taken = await served.post("/unique", { data: [{ title: "taken" }] });
    assertEquals([taken.status, taken.body.detail[0].msg], [422, "the title is taken"]);
  });
}

Deno.test("Flow applies transforms, defaults, unions and nested schemas", async () => {
  await using served = await Served.start({ uses: Zod });
  assertEquals(await docsOf(served, "/default", [{ id: "a", t: "four" }]), [{
    id: "a",
    n: 7,
    t: 4,
    seen: true,
  }]);
  const circle = { id: "c", kind: "circle", radius: 1 };
  assertEquals(await docsOf(served, "/shape", [circle]), [{ ...circle, seen: true }]);
  const { body } = await served.post("/shape", { data: [circle, { kind: "square" }, { kind: "x" }] });
  assertEquals(body.detail.map(({ loc }: { loc: unknown }) => loc), [
    ["body", "data", 1, "side"],
    ["body", "data", 2, "kind"],
  ]);
  const city = await served.post("/see", { data: [{ title: "x", price: 1, at: { city: 1 } }] });
  assertEquals(city.body.detail[0].loc, ["body", "data", 0, "at", "city"]);
  assertEquals(await docsOf(served, "/nullable", [{ id: "a", text: null, tags: ["b"] }]), [
    { id: "a", text: null, tags: ["b"], seen: true },
  ]);
  assertEquals(await docsOf(served, "/frozen", [{ id: "a", n: 1 }]), [{ id: "a", n: 1, seen: true }]);
  const made = await docsOf(served, "/loose", [{ id: 5, any: [{ thing: null }] }, {}]);
  assertEquals(made[0], { id: "5", any: [{ thing: null }], seen: true });
  assertEquals(made[1].id.length, 32);
  const nonsense = await served.post("/nonsense", { data: [{}] });
  assertEquals(nonsense.status, 500);
  assertMatch(nonsense.body.header.status.description, /the input of see\(\): expected it to give an object/);
});

Deno.test("Flow validates parameters, with those for the Executor", async () => {
  await using served = await Served.start({ uses: Zod, name: "z" });
  const given = async (parameters: object) => {
    const { body } = await served.post("/parameters", { parameters });
    return body.parameters?.__results__["z/rep-0"].parameters ?? body.detail;
  };
  assertEquals(await given({}), { k: 3 });
  assertEquals(await given({ z: { k: "4" } }), { k: 4 });
  assertEquals((await given({ k: "x" })).map(({ loc }: { loc: unknown }) => loc), [[
    "body",
    "parameters",
    "k",
  ]]);
});

Deno.test("Flow validates what a handler answers with, and a misfit is the handler's mistake", async () => {
  await using served = await Served.start({ uses: Zod });
  assertEquals(await docsOf(served, "/out", [{ id: "a", text: "x" }]), [{ id: "a", label: "x", score: 0.5 }]);
  const { status, body } = await served.post("/out", { data: [{ text: "x" }, { text: "bad" }] });
  assertEquals(status, 500);
  assertMatch(body.header.status.description, /out\(\) answers.*docs\[1\]\.score: /);
});

Deno.test("Flow validates the documents of a generator one by one", async () => {
  await using served = await Served.start({ uses: Zod });
  const seen = await Array.fromAsync(
    eventsOf(await askForEvents(served.at("/stream"), { data: [{ n: 5 }] })),
  );
  assertEquals(seen.map(({ name, data }) => name === "update" ? data.n : name), [0, 1, 2, "error"]);
  assertMatch(seen[3].data.header.status.description, /docs\[3\]\.n: /);
  assertEquals((await docsOf(served, "/stream", [{ n: 3 }])).map(({ n }: { n: number }) => n), [0, 1, 2]);
  const refused = await askForEvents(served.at("/stream"), { data: [{ n: "5" }] });
  assertEquals([refused.status, (await refused.json()).detail[0].loc], [422, ["body", "data", 0, "n"]]);
});

Deno.test("Flow passes the fields of a schema through Executors without one, in `extra`", async () => {
  const doc = { id: "a", title: "tea", price: 3, text: "" };
  await using served = await Served.start([{ uses: Untyped }, { uses: Zod }, { uses: Untyped }, {
    uses: Last,
  }]);
  const [{ uri, ...rest }] = await docsOf(served, "/see", [doc]);
  assertEquals(rest, { id: "a", title: "tea", price: 4, seen: true });
  assertEquals(uri, '|{"title":"tea","price":3,"seen":true}');
  const nullable = { id: "a", text: null, tags: ["b"] };
  const { status, body } = await served.post("/nullable", { data: [nullable] });
  assertEquals([status, body.detail?.[0].loc], [422, ["body", "data", 0]], JSON.stringify(body));
  const [untyped] = await docsOf(served, "/untyped", [{ id: "a", text: 5, price: 3 }]);
  assertEquals(untyped, { id: "a", text: "5", uri: '5|{"price":3}', price: 3 });
});

const PROTOCOLS = ["flow", "http", "websocket", "grpc"] as const;

/** Serves an Executor, for a client that the protocol names. */
async function clientOf(
  protocol: typeof PROTOCOLS[number],
  uses: AddOptions["uses"],
): Promise<{ client: Flow | Client } & AsyncDisposable> {
  const served = await Served.start({ uses }, { protocol: ["http", "grpc"], port: [0, 0] });
  const port = served.flow.ports[protocol === "grpc" ? 1 : 0];
  const client = protocol === "flow" ? served.flow : new Client({ port, protocol });
  return { client, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
}

for (const protocol of PROTOCOLS) {
  Deno.test(`a client sends the fields of a schema in extra, and finds those of the answer there: ${protocol}`, async () => {
    await using served = await clientOf(protocol, Zod);
    const { client } = served;
    const sent = { id: "a", text: "", extra: { title: "tea", price: 3, at: { city: "Bonn" } } };
    const [doc] = await client.post("/see", [sent]);
    assertEquals([doc.id, doc.extra], ["a", { ...sent.extra, seen: true }]);
    const streamed = await Array.fromAsync(client.stream("/see", [sent]));
    assertEquals(streamed.map(({ extra }) => extra), [doc.extra]);
    const refused = await assertRejects(
      () => client.post("/see", [sent, { extra: { title: "tea" } }]),
      BadClientError,
    );
    assertMatch(refused.message, /body\.data\.(?:docs\.)?1\.price/);
    await assertRejects(
      () => client.post("/see", [sent, { extra: { title: new Map() } }], { requestSize: 1 }),
      TypeError,
      "docs[1].extra.title",
    );
  });

  Deno.test(`a client with an empty extra finds the fields of an answer's schema there: ${protocol}`, async () => {
    await using served = await clientOf(protocol, Sized);
    const { client } = served;
    const [doc] = await client.post("/size", [{ id: "a", text: "four", extra: {} }]);
    assertEquals([doc.id, doc.text, doc.extra], ["a", "four", { size: 4 }]);
    const streamed = await Array.fromAsync(client.stream("/sizes", { text: "four", extra: {} }));
    assertEquals(streamed.map(({ text, extra }) => [text, extra?.size]), [["f", 1], ["fo", 2]]);
  });
}

for (const protocol of ["websocket", "grpc"] as const) {
  Deno.test(`a client sends the extra of a document and of its parts to any handler: ${protocol}`, async () => {
    await using served = await clientOf(protocol, Untyped);
    const { client } = served;
    const [{ uri, extra }] = await client.post("/see", { text: "a", extra: { price: 3 } });
    assertEquals([uri, extra], ['a|{"price":3}', { price: 3 }]);
    const [{ chunks }] = await client.post("/see", { chunks: [{ text: "b", extra: { price: 4 } }] });
    assertEquals([chunks[0].text, chunks[0].extra], ["b", { price: 4 }]);
    const odd = { chunks: [null] } as unknown as Document;
    await assertRejects(
      () => client.post("/see", Object.assign(new Document(), odd)),
      TypeError,
      "docs[0].chunks[0]",
    );
    const cyclic = new Document();
    cyclic.chunks.push(cyclic);
    await assertRejects(() => client.post("/see", cyclic), TypeError, "docs[0].chunks[0]");
  });
}

Deno.test("Flow drops fields that a Document does not have when no endpoint has a schema", async () => {
  await using served = await Served.start({ uses: Untyped });
  assertEquals(await docsOf(served, "/see", [{ id: "a", price: 3 }]), [{ id: "a", uri: "|undefined" }]);
});

Deno.test("Flow keeps the fields of a schema where branches meet", async () => {
  await using served = await Served.start(
    [],
    {},
    (flow) =>
      flow.add({ name: "a", uses: Untyped }).add({ name: "b", uses: Last, needs: "gateway" })
        .needsAll(),
  );
  const [doc] = await docsOf(served, "/see", [{ id: "a", price: 1, title: "x" }]);
  assertEquals(doc, { id: "a", price: 2, title: "x", uri: '|{"price":1,"title":"x"}' });
});

Deno.test("requests() refuses options that are not schemas", () => {
  assertThrows(
    () => requests({ on: "/x", input: { type: "object" } as never }),
    TypeError,
    "as `input` in @requests: expected",
  );
  class Table extends Executor {
    static requests = { "/x": { method: "x", output: 5 as never } };
    x() {}
  }
  assertThrows(
    () => bindingsOf(Table),
    TypeError,
    'Cannot use 5 as `output` in "/x" of the `static requests` of Table',
  );
});
