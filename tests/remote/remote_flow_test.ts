/** Executors of another Flow, by their address. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Answer, BadClientError, BadServerError, Client, Flow } from "../../mod.ts";
import { AnyEndpoint, AnyHeaders, Embed, Far, Near, Tag } from "./_executors.ts";
import { serveFar, serveFront } from "./_flows.ts";

const PROTOCOLS = ["http", "grpc"] as const;

for (const protocol of PROTOCOLS) {
  Deno.test(`over ${protocol}: documents, parameters, results`, async () => {
    await using far = await serveFar(Far);
    await using front = await serveFront(protocol, { uses: far.address, name: "far" });
    const [doc] = await front.client.post("/shout", {
      text: "hi",
      tags: { a: [1, null] },
      embedding: [1, 2],
    });
    assertEquals([doc.text, doc.tags, [...doc.embedding!]], ["HI", { a: [1, null] }, [1, 2]]);
    assertEquals((await front.client.post("/shout", [])).length, 0);
    const answers: Answer[] = [];
    await front.client.post("/parameters", {}, { parameters: { x: 1 }, onDone: (one) => answers.push(one) });
    assertEquals(answers[0].parameters, { x: 1, __results__: { "Far/rep-0": { got: { x: 1 } } } });
  });

  Deno.test(`over ${protocol}: errors, refusals, unknown endpoints`, async () => {
    await using far = await serveFar(Far);
    await using front = await serveFront(protocol, { uses: far.address, name: "far" });
    const { client } = front;
    const error = await assertRejects(() => client.post("/raise", { text: "x" }), BadServerError, "boom");
    assertEquals([error.status, error.executor, error.message], [500, "Far", "RangeError: boom"]);
    const refusal = await assertRejects(() => client.post("/refuse", {}), BadClientError, "a teapot");
    if (protocol === "http") assertEquals(refusal.status, 418);
    const unbound = await assertRejects(() => client.post("/shot", {}), BadClientError, "/shout");
    assertEquals(unbound.status, 404);
    assertEquals(
      (await client.post("/shout", { text: "as it is" }, { targetExecutor: "other" }))[0].text,
      "as it is",
    );
  });

  Deno.test(`over ${protocol}: streams, also when one breaks off`, async () => {
    await using far = await serveFar(Far);
    await using front = await serveFront(protocol, { uses: far.address, name: "far" });
    const { client } = front;
    const texts = async (on: string, ...inputs: string[]) =>
      (await Array.fromAsync(client.stream(on, inputs.map((text) => ({ text }))))).map(({ text }) => text);
    assertEquals(await texts("/count", "a"), ["a0", "a1", "a2"]);
    assertEquals(await texts("/count", "a", "b"), ["a0", "a1", "a2", "b0", "b1", "b2"]);
    assertEquals(await texts("/shout", "a"), ["A"]);
    const seen: string[] = [];
    await assertRejects(
      async () => {
        for await (const { text } of client.stream("/half", { text: "x" })) seen.push(text);
      },
      BadServerError,
      "no second one",
    );
    assertEquals(seen, ["the first"]);
  });

  Deno.test(`over ${protocol}: chains and branches of Executors here and elsewhere`, async () => {
    await using far = await serveFar(Far);
    await using tags = await serveFar(Tag);
    const chain = [
      { uses: Near, name: "first" },
      { uses: far.address, name: "far" },
      { uses: Near, name: "last" },
    ];
    await using front = await serveFront(protocol, ...chain);
    assertEquals((await front.client.post("/shout", { text: "a" }))[0].text, "A+FIRST+last");
    assertEquals((await front.client.post("/near", { text: "a" }))[0].text, "a+first+last");
    assertEquals(
      (await Array.fromAsync(front.client.stream("/shout", { text: "a" })))[0].text,
      "A+FIRST+last",
    );
    await using both = await serveFront(
      protocol,
      { uses: far.address, name: "far" },
      { uses: tags.address, name: "tags", needs: "gateway" },
      { uses: Near, name: "join", needs: ["far", "tags"] },
    );
    const [doc] = await both.client.post("/shout", { text: "a" });
    assertEquals([doc.text, doc.tags], ["A+join", { tag: "a" }]);
  });
}

Deno.test("over http: from one Executor elsewhere to the next, documents stay protobuf, which keeps types", async () => {
  await using a = await serveFar(Embed);
  await using b = await serveFar(Embed);
  const uses = [{ uses: a.address, name: "a" }, { uses: b.address, name: "b" }];
  await using front = await serveFront("http", ...uses);
  const answers: Answer[] = [];
  const [doc] = await front.client.post("/embed", { text: "x", embedding: [3] }, {
    parameters: { p: 1 },
    onDone: (answer) => answers.push(answer),
  });
  assertEquals(doc.text, "x>Float64Array>Float32Array");
  assertEquals(answers[0].parameters, { p: 1 });
  await using joined = await serveFront(
    "http",
    ...uses.map((one) => ({ ...one, needs: "gateway" })),
    { uses: a.address, name: "join", needs: ["a", "b"] },
  );
  // Merged documents are those of JSON.
  assertEquals((await joined.client.post("/embed", { text: "x" }))[0].text, "x>undefined>Float64Array");
});

Deno.test("headers that an Executor elsewhere asks for are passed on, and no others", async () => {
  await using far = await serveFar(Far);
  await using front = await serveFront("http", { uses: far.address, name: "far" });
  const client = new Client({ port: front.flow.port, headers: { "x-tenant": "t1", "x-other": "no" } });
  assertEquals((await client.post("/headers", {}))[0].tags, { headers: { "x-tenant": "t1" } });
});

Deno.test("headers that a default handler asks for are passed on, also by a Flow between them, after another Executor", async () => {
  await using far = await serveFar(AnyHeaders);
  await using between = await new Flow({ protocol: "grpc", port: 0, log: () => {} })
    .add({ uses: Near, name: "near" }).add({ uses: far.address, name: "far" }).start();
  for (const uses of [far.address, `grpc://127.0.0.1:${between.port}`]) {
    await using front = await serveFront("http", { uses, name: "far" });
    const client = new Client({ port: front.flow.port, headers: { "x-tenant": "t1", "x-other": "no" } });
    for (const on of ["/near", "/other"]) {
      assertEquals((await client.post(on, {}))[0].tags, { headers: { "x-tenant": "t1" } });
    }
  }
});

Deno.test("headers and endpoints of any alphabet reach an Executor elsewhere", async () => {
  await using far = await serveFar(Far);
  await using front = await serveFront("http", { uses: far.address, name: "far" });
  for (const tenant of ["Zo\u00eb", "a, b", "x".repeat(2_000)]) {
    const client = new Client({ port: front.flow.port, headers: { "x-tenant": tenant } });
    assertEquals((await client.post("/headers", {}))[0].tags, { headers: { "x-tenant": tenant } });
  }
  await using any = await serveFar(AnyEndpoint);
  await using other = await serveFront("http", { uses: any.address, name: "any" });
  for (const endpoint of ["/\u00fcber", "/\u65e5\u672c", "/a\nb", "/ a "]) {
    assertEquals((await other.client.post(endpoint, {}))[0].text, endpoint);
  }
  for (const { flow } of [front, other]) {
    assertEquals(flow.status().deployments[0].addresses?.map(({ calls }) => calls), [0]);
  }
});

for (const protocol of PROTOCOLS) {
  Deno.test(`over ${protocol}: parameters for one Executor reach the one elsewhere by its name here`, async () => {
    await using far = await serveFar(Far);
    await using front = await serveFront(protocol, { uses: far.address, name: "here" });
    const got = async (parameters: Record<string, unknown>) => {
      const answers: Answer[] = [];
      await front.client.post("/parameters", {}, { parameters, onDone: (answer) => answers.push(answer) });
      const { __results__, ...sent } = answers[0].parameters;
      assertEquals(sent, parameters);
      return (__results__ as Record<string, { got: unknown }>)["Far/rep-0"].got;
    };
    assertEquals(await got({ here__x: 1, y: 2 }), { x: 1, y: 2 });
    assertEquals(await got({ x: 1, here: { x: 2 } }), { x: 2, here: { x: 2 } });
    assertEquals(await got({ there__x: 1, hereabouts: 3 }), { there__x: 1, hereabouts: 3 });
  });
}

for (const protocol of PROTOCOLS) {
  Deno.test(`over ${protocol}: results of Executors with the same name elsewhere are all there`, async () => {
    await using a = await serveFar(Far);
    await using b = await serveFar(Far);
    const uses = [{ uses: a.address, name: "a" }, { uses: b.address, name: "b" }];
    await using front = await serveFront(protocol, ...uses);
    const answers: Answer[] = [];
    const onDone = (answer: Answer) => answers.push(answer);
    await front.client.post("/parameters", {}, { parameters: { a__x: 1, b__x: 2 }, onDone });
    assertEquals(answers[0].parameters.__results__, {
      "Far/rep-0": { got: { b__x: 2, x: 1 } },
      "b/Far/rep-0": { got: { a__x: 1, x: 2 } },
    });
  });
}

Deno.test("a Flow of Executors elsewhere only makes its spare worker when JSON comes", async () => {
  await using far = await serveFar(Far);
  await using front = await serveFront("grpc", { uses: far.address, name: "far" });
  const memory = await front.client.post("/shout", { text: "no worker" });
  assertEquals(memory[0].text, "NO WORKER");
  assertEquals((await front.flow.post("/shout", { text: "with one" }))[0].text, "WITH ONE");
});

Deno.test("status and metrics name the addresses", async () => {
  await using far = await serveFar(Far);
  await using front = await serveFront("http", { uses: [far.address], name: "far" });
  await front.client.post("/shout", { text: "a" });
  const [status] = front.flow.status().deployments;
  assertEquals([status.state, status.version, status.executor], ["serving", null, null]);
  assertEquals(status.addresses?.map(({ address, state, calls }) => [address, state, calls]), [
    [far.address, "serving", 0],
  ]);
  assertEquals(status.endpoints.toSorted(), [
    "/count",
    "/half",
    "/headers",
    "/parameters",
    "/raise",
    "/refuse",
    "/shout",
    "/wait",
    "/waits",
  ]);
  const metrics = await (await fetch(`http://127.0.0.1:${front.flow.port}/metrics`)).text();
  assert(/hotflow_replicas\{deployment="far",state="serving"\} 1/.test(metrics), metrics);
  assert(
    /hotflow_calls_total\{deployment="far",endpoint="\/shout",outcome="done"\} 1/.test(metrics),
    metrics,
  );
});

Deno.test("a Flow whose target is another gateway's port of HTTP does not start to serve it", async () => {
  await using web = await new Flow({ port: 0, log: () => {} }).add({ uses: Far }).start();
  await using front = await serveFront("http", { uses: `grpc://127.0.0.1:${web.port}`, name: "far" });
  await assertRejects(() => front.client.post("/shout", {}), BadServerError);
});
