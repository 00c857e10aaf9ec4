import { assertEquals, assertMatch } from "@std/assert";
import { A, B, OnlyFoo } from "./_executors.ts";
import { Served } from "./_serve.ts";

const CHAIN = [{ uses: A, name: "a" }, { uses: B, name: "b" }, { uses: A, name: "c" }];
const HI = { data: [{ id: "d", text: "hi" }] };

Deno.test("Flow sends a request through its Executors in the order they were added", async () => {
  await using served = await Served.start(CHAIN);
  const { body } = await served.post("/", HI);
  assertEquals(body.data, [{ id: "d", text: "hi>A>B>A" }]);
  const routes: { executor: string; startTime: string; endTime: string }[] = body.routes;
  assertEquals(routes.map(({ executor }) => executor), ["gateway", "a", "b", "c"]);
  for (const { startTime, endTime } of routes) assertEquals(startTime <= endTime, true);
  for (const [first, second] of [[1, 2], [2, 3]]) {
    assertEquals(routes[first].endTime <= routes[second].startTime, true, "one after the other");
  }
});

Deno.test("Flow collects the results of all Executors by replica, beside the parameters", async () => {
  await using served = await Served.start(CHAIN);
  const { body } = await served.post("/dict", { ...HI, parameters: { x: 1 } });
  assertEquals(body.parameters, {
    x: 1,
    __results__: { "a/rep-0": { from: "A" }, "b/rep-0": { from: "B" }, "c/rep-0": { from: "A" } },
  });
});

Deno.test("Flow takes results that a client of Jina sends along for empty", async () => {
  await using served = await Served.start({ uses: A });
  const { body } = await served.post("/dict", { ...HI, parameters: { __results__: {} } });
  assertEquals(body.parameters, { __results__: { "executor0/rep-0": { from: "A" } } });
});

Deno.test("Flow stops at the Executor that throws, and answers with the documents that reached it", async () => {
  await using served = await Served.start(CHAIN);
  const { status, body } = await served.post("/raise", HI);
  assertEquals([status, body.data], [500, [{ id: "d", text: "touched A" }]]);
  assertEquals(body.header.status.description, "RuntimeError: B fails");
  assertEquals(body.routes.map((route: { executor: string }) => route.executor), ["gateway", "a", "b"]);
});

Deno.test("Flow gives each Executor the parameters addressed to it, in both spellings", async () => {
  await using served = await Served.start([{ uses: A, name: "a" }, { uses: B, name: "b" }]);
  const seenBy = async (target: string, parameters: object) => {
    const { body } = await served.post("/post", {
      ...HI,
      parameters,
      execEndpoint: "/tags",
      targetExecutor: target,
    });
    assertEquals(body.parameters, parameters, "the answer has them as they were sent");
    return Object.fromEntries(JSON.parse(body.data[0].text));
  };
  const parameters = { x: 1, a: { x: 2, only: "a" }, b__x: 3, other__x: 4 };
  assertEquals(await seenBy("a", parameters), {
    x: 2,
    a: { x: 2, only: "a" },
    b__x: 3,
    other__x: 4,
    only: "a",
  });
  assertEquals(await seenBy("b", parameters), { x: 3, a: { x: 2, only: "a" }, other__x: 4 });
});

Deno.test("Flow keeps __proto__ in parameters and tags as data on its way through several Executors", async () => {
  await using served = await Served.start([{ uses: A, name: "a" }, { uses: B, name: "b" }]);
  const parameters = '{"__proto__":{"admin":true},"a":{"__proto__":{"x":1}}}';
  const tags = '{"__proto__":{"admin":true}}';
  const body = `{"data":[{"id":"d","tags":${tags}}],"parameters":${parameters},"execEndpoint":"/tags"}`;
  const response = await fetch(served.at("/post"), { method: "POST", body: new TextEncoder().encode(body) });
  const text = await response.text();
  assertEquals(text.includes(`"parameters":${parameters}`), true, text);
  assertEquals(text.includes(`"tags":${tags}`), true, text);
  const [doc] = JSON.parse(text).data;
  assertEquals(JSON.parse(doc.text).map(([key]: [string]) => key), ["__proto__", "a"]);
});

Deno.test("Flow sends a request only through the Executors that targetExecutor matches", async () => {
  await using served = await Served.start([
    { uses: A, name: "encoder" },
    { uses: B, name: "indexer" },
    { uses: A, name: "index2" },
  ]);
  const targets = {
    encoder: "hi>A",
    ind: "hi>B>A",
    "index\\d": "hi>A",
    "x|i": "hi>B>A",
    er: "hi",
    nope: "hi",
  };
  for (const [targetExecutor, text] of Object.entries(targets)) {
    const { status, body } = await served.post("/post", { ...HI, targetExecutor });
    assertEquals([status, body.data], [200, [{ id: "d", text }]], targetExecutor);
  }
});

Deno.test("Flow answers 422 naming targetExecutor when it is no regular expression", async () => {
  await using served = await Served.start({ uses: A });
  const { status, body } = await served.post("/post", { ...HI, targetExecutor: "(" });
  assertEquals([status, body.detail[0].loc], [422, ["body", "targetExecutor"]]);
});

Deno.test("Flow passes documents through the Executors that do not bind the endpoint", async () => {
  await using served = await Served.start([{ uses: OnlyFoo, name: "a" }, { uses: B, name: "b" }]);
  assertEquals((await served.post("/tags", HI)).body.data[0].text, "[]");
  assertEquals((await served.post("/foo", HI)).body.data[0].text, "onlyfoo>B");
});

Deno.test("Flow answers 404 with the nearest endpoint when no Executor binds it", async () => {
  await using served = await Served.start([{ uses: OnlyFoo, name: "a" }, { uses: OnlyFoo, name: "b" }]);
  for (const path of ["/fooo", "/post"]) {
    const { status, body } = await served.post(path, { ...HI, execEndpoint: "/fooo" });
    assertEquals(status, 404);
    assertMatch(body.detail, /"\/fooo"; did you mean "\/foo"\? \(known: \/foo\)$/);
  }
});

Deno.test("Flow answers 404 for an endpoint nobody binds even when targetExecutor passes over the first", async () => {
  await using served = await Served.start([{ uses: OnlyFoo, name: "a" }, { uses: OnlyFoo, name: "b" }]);
  const { status } = await served.post("/post", { ...HI, execEndpoint: "/fooo", targetExecutor: "b" });
  assertEquals(status, 404);
});
