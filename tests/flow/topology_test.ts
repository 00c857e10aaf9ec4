/** Which way documents take, and what is answered. */
import { assertEquals, assertMatch } from "@std/assert";
import type { AddOptions } from "../../mod.ts";
import { Latch } from "../support/latch.ts";
import { NodeExecutor, Only } from "./_node_executor.ts";
import { type Reply, Served } from "./_serve.ts";

/** Two branches that meet again, as in the recorded flow D. */
const DIAMOND = [at("a"), at("b", "gateway"), at("c", ["a", "b"])];
const HI = { data: [{ id: "d", text: "hi" }] };

function at(name: string, needs?: AddOptions["needs"], uses: AddOptions["uses"] = NodeExecutor): AddOptions {
  return { uses, name, ...(needs !== undefined && { needs }) };
}

function routesOf({ body }: Reply): string[] {
  return body.routes.map(({ executor }: { executor: string }) => executor);
}

Deno.test("Flow runs branches in parallel: two handlers are in flight at the same time", async () => {
  await using served = await Served.start(DIAMOND);
  await using first = new Latch();
  await using second = new Latch();
  const reply = served.post("/post", { ...HI, parameters: { a__latch: first.url, b__latch: second.url } });
  await Promise.all([first.reached(), second.reached()]);
  first.open();
  second.open();
  assertEquals((await reply).body.data, [{ id: "d", text: "hi>b>c", tags: { a: true, b: true, c: true } }]);
});

Deno.test("Flow starts an Executor only when all that it needs is there", async () => {
  await using served = await Served.start(DIAMOND);
  await using slow = new Latch();
  await using last = new Latch();
  let met = false;
  const reply = served.post("/post", { ...HI, parameters: { a__latch: slow.url, c__latch: last.url } });
  const meeting = last.reached().then(() => met = true);
  await slow.reached();
  // The other branch has time to end: a whole request more passes it.
  await served.post("/post", { ...HI, targetExecutor: "b" });
  assertEquals(met, false);
  slow.open();
  await meeting;
  last.open();
  assertEquals((await reply).status, 200);
});

Deno.test("Flow lets the branch named later win, whichever ends first", async () => {
  for (const needs of [["a", "b"], ["b", "a"]]) {
    await using served = await Served.start([at("a"), at("b", "gateway"), at("c", needs)]);
    for (const slow of ["a", "b"]) {
      await using latch = new Latch();
      await using other = new Latch();
      const fast = slow === "a" ? "b" : "a";
      const parameters = { [slow]: { latch: latch.url }, [fast]: { latch: other.url } };
      const reply = served.post("/post", { ...HI, parameters });
      await Promise.all([latch.reached(), other.reached()]);
      other.open();
      latch.open();
      assertEquals((await reply).body.data[0].text, `hi>${needs[1]}>c`, `${needs}, ${slow} is slow`);
    }
  }
});

Deno.test("Flow gives a document that brings no id one and the same in all branches", async () => {
  await using served = await Served.start(DIAMOND);
  const { body } = await served.post("/post", { data: [{ text: "x" }, { text: "y" }] });
  assertEquals(body.data.map(({ text }: { text: string }) => text), ["x>b>c", "y>b>c"]);
  for (const { id } of body.data) assertMatch(id, /^[0-9a-f]{32}$/);
});

Deno.test("Flow takes a default need from the Executor added before, whatever that one needs", async () => {
  await using served = await Served.start([
    at("a"),
    at("b", "gateway"),
    at("c"),
    at("d", ["a", "c"]),
    at("e"),
  ]);
  const reply = await served.post("/post", HI);
  assertEquals(reply.body.data[0].text, "hi>b>c>d>e");
  assertEquals(routesOf(reply), ["gateway", "a", "d", "e", "b", "c"]);
});

Deno.test("Flow knows needs of Executors that are added later", async () => {
  await using served = await Served.start([at("c", ["a", "b"]), at("a", "gateway"), at("b", "gateway")]);
  const reply = await served.post("/post", HI);
  assertEquals([reply.status, reply.body.data[0].text], [200, "hi>b>c"]);
});

Deno.test("Flow runs a chain that was added backwards", async () => {
  await using served = await Served.start([at("c", "b"), at("b", "a"), at("a", "gateway")]);
  const reply = await served.post("/post", HI);
  assertEquals(reply.body.data[0].text, "hi>a>b>c");
  assertEquals(routesOf(reply), ["gateway", "a", "b", "c"]);
});

Deno.test("Flow merges branches of branches", async () => {
  await using served = await Served.start([
    at("root"),
    at("a"),
    at("a1"),
    at("a2", "a"),
    at("joined", ["a1", "a2"]),
    at("b", "root"),
    at("end", ["joined", "b"]),
  ]);
  const { body } = await served.post("/post", HI);
  assertEquals(Object.keys(body.data[0].tags).sort(), ["a", "a1", "a2", "b", "end", "joined", "root"]);
  assertEquals(body.data[0].text, "hi>root>b>end");
});

Deno.test("Flow takes over what a longer way changed, when a shorter one to the same place did not", async () => {
  // The end needs the root twice over: by b, and itself.
  for (const needs of [["b", "root"], ["root", "b"], ["b", "gateway"]]) {
    await using served = await Served.start([at("root"), at("b"), at("end", needs)]);
    assertEquals((await served.post("/post", HI)).body.data[0].text, "hi>root>b>end", String(needs));
  }
});

Deno.test("Flow.needsAll() adds an Executor that needs whatever nobody needs", async () => {
  const flow = [at("a"), at("b"), at("c", "a"), at("d", "gateway")];
  await using served = await Served.start(
    flow,
    {},
    (flow) => flow.needsAll({ uses: NodeExecutor, name: "all" }),
  );
  const reply = await served.post("/post", HI);
  assertEquals(Object.keys(reply.body.data[0].tags).sort(), ["a", "all", "b", "c", "d"]);
  const { deployments } = await (await fetch(served.at("/status"))).json();
  const needs = deployments.map(({ name, needs }: { name: string; needs: string[] }) => [name, needs]);
  assertEquals(needs, [["a", ["gateway"]], ["b", ["a"]], ["c", ["a"]], ["d", ["gateway"]], ["all", [
    "b",
    "c",
    "d",
  ]]]);
});

Deno.test("Flow.needsAll() without an Executor joins the branches at the gateway, or before what is added next", async () => {
  const branches = [at("a"), at("b", "gateway"), at("c", "gateway")];
  {
    await using served = await Served.start(branches, {}, (flow) => flow.needsAll());
    const reply = await served.post("/post", HI);
    assertEquals(reply.body.data, [{ id: "d", text: "hi>c", tags: { a: true, b: true, c: true } }]);
    assertEquals(routesOf(reply), ["gateway", "a", "b", "c"]);
  }
  await using served = await Served.start(branches, {}, (flow) => flow.needsAll().add(at("end")));
  assertEquals((await served.post("/post", HI)).body.data[0].text, "hi>c>end");
});

Deno.test("Flow collects the results of all branches", async () => {
  await using served = await Served.start(DIAMOND);
  const { body } = await served.post("/dict", { ...HI, parameters: { x: 1 } });
  const from = (name: string) => [`${name}/rep-0`, { from: name }];
  assertEquals(body.parameters, { x: 1, __results__: Object.fromEntries(["a", "b", "c"].map(from)) });
  assertEquals(body.data, HI.data);
});

Deno.test("Flow gives each handler the parameters as they were sent, whatever another one does to its own", async () => {
  await using served = await Served.start([at("root"), at("a"), at("b", "root"), at("c", ["a", "b"])]);
  const parameters = { x: 1, deep: { y: 2 }, b__x: 3 };
  const { body } = await served.post("/parameters", { ...HI, parameters });
  assertEquals(body.parameters, parameters);
  const seen = { x: 1, deep: { y: 2 }, b__x: 3 };
  const { root, a, b, c } = body.data[0].tags;
  assertEquals([root, a, c].map((text) => JSON.parse(text)), [seen, seen, seen]);
  assertEquals(JSON.parse(b), { x: 3, deep: { y: 2 } });
});

Deno.test("Flow stops what depends on a branch that throws, and nothing else", async () => {
  await using served = await Served.start([...DIAMOND, at("d", "gateway"), at("e", ["c", "d"])]);
  const { status, body } = await served.post("/raise", { ...HI, parameters: { b: { fail: true } } });
  assertEquals([status, body.header.status.description], [500, "RangeError: b fails"]);
  assertEquals(body.data, HI.data, "as they reached the one that threw");
  const routes = body.routes.map((
    { executor, status }: { executor: string; status: { code: number } | null },
  ) => [
    executor,
    status?.code ?? 0,
  ]);
  assertEquals(routes, [["gateway", 0], ["a", 0], ["b", 1], ["d", 0]]);
});

Deno.test("Flow tells the error of the first branch when several throw, each at its own route", async () => {
  await using served = await Served.start(DIAMOND);
  const { status, body } = await served.post("/raise", { ...HI, parameters: { fail: true } });
  assertEquals([status, body.header.status.description], [500, "RangeError: a fails"]);
  const said = body.routes.map(({ status }: { status: { description: string } | null }) =>
    status?.description
  );
  assertEquals(said, [undefined, "RangeError: a fails", "RangeError: b fails"]);
});

Deno.test("Flow answers 504 when a branch takes longer than timeout", async () => {
  await using served = await Served.start(DIAMOND, { timeout: 1_000 });
  await using latch = new Latch();
  const { status, body } = await served.post("/post", { ...HI, parameters: { b__latch: latch.url } });
  assertEquals([status, body.header.status.exception.executor], [504, "b"]);
});

Deno.test("Flow sends a request only to the branches that targetExecutor matches, and loses nothing", async () => {
  await using served = await Served.start(DIAMOND);
  const texts = {
    a: "hi>a",
    b: "hi>b",
    c: "hi>c",
    "a|c": "hi>a>c",
    "b|c": "hi>b>c",
    "a|b": "hi>b",
    nope: "hi",
  };
  for (const [targetExecutor, text] of Object.entries(texts)) {
    const reply = await served.post("/post", { ...HI, targetExecutor });
    assertEquals([reply.status, reply.body.data[0].text], [200, text], targetExecutor);
    assertEquals(routesOf(reply), ["gateway", "a", "c", "b"]);
  }
  assertEquals((await served.post("/post", { ...HI, targetExecutor: "(" })).status, 422);
});

Deno.test("Flow passes documents by the branches that do not bind the endpoint", async () => {
  await using served = await Served.start([
    at("a", "gateway", Only),
    at("b", "gateway", Only),
    at("c", ["a", "b"]),
    at("d", "gateway", Only),
    at("e", ["c", "d"], Only),
  ]);
  assertEquals((await served.post("/tag", { ...HI, parameters: { tags: { t: 1 } } })).body.data[0].tags, {
    t: 1,
  });
  assertEquals((await served.post("/only", HI)).body.data[0].text, "hi>only d>only e");
});

Deno.test("Flow answers 404 when no branch binds the endpoint, and 422 when the body is wrong", async () => {
  await using served = await Served.start(
    [at("a", "gateway", Only), at("b", "gateway", Only)],
    {},
    (flow) => flow.needsAll(),
  );
  const { status, body } = await served.post("/post", { ...HI, execEndpoint: "/onli" });
  assertEquals(status, 404);
  assertMatch(body.detail, /did you mean "\/only"/);
  const wrong = await served.post("/only", { data: [{ id: "d", tags: 1 }] });
  assertEquals([wrong.status, wrong.body.detail[0].loc], [422, ["body", "data", 0, "tags"]]);
});

Deno.test("Flow gives each branch to the least busy of its replicas", async () => {
  const replicas = 2;
  await using served = await Served.start(
    [{ ...at("a"), replicas }, { ...at("b", "gateway"), replicas }],
    {},
    (flow) => flow.needsAll(),
  );
  await using busy = new Latch();
  const held = served.post("/post", { ...HI, parameters: { latch: busy.url } });
  await busy.reached();
  // While one replica of each is held up, the other ones answer.
  for (let count = 0; count < 4; count++) {
    assertEquals((await served.post("/post", HI)).body.data[0].text, "hi>b");
  }
  busy.open();
  assertEquals((await held).body.data[0].text, "hi>b");
});
