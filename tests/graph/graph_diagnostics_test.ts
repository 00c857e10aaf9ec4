/** Topologies in which no request could find its way. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type AddOptions, Flow } from "../../mod.ts";
import { takeSnapshot } from "../support/resource_snapshot.ts";
import { Station } from "../flow/_stations.ts";

function flowOf(...adds: [name: string, needs?: AddOptions["needs"]][]): Flow {
  const flow = new Flow({ port: 0, log: () => {} });
  for (const [name, needs] of adds) flow.add({ uses: Station, name, ...(needs !== undefined && { needs }) });
  return flow;
}

/** The whole message. */
async function refused(flow: Flow, ...parts: string[]): Promise<void> {
  const before = takeSnapshot();
  const error = await assertRejects(() => flow.start(), TypeError);
  assertEquals(error.message, `Cannot start the Flow: ${parts.join("\n  and: ")}`);
  assertThrows(() => flow.plot(), TypeError, parts[0]);
  assertEquals(takeSnapshot(), before, "nothing was started");
}

Deno.test("Flow.start() draws a cycle", async () => {
  await refused(
    flowOf(["a", "c"], ["b"], ["c"]),
    "a needs itself: a -> b -> c -> a; one of these needs has to go",
  );
  await refused(
    flowOf(["a"], ["b", ["a", "d"]], ["c"], ["d", ["c", "a"]]),
    "b needs itself: b -> c -> d -> b; one of these needs has to go",
  );
});

Deno.test("Flow.start() draws an Executor that needs itself", async () => {
  await refused(flowOf(["a"], ["b", ["a", "b"]]), "b needs itself: b -> b; one of these needs has to go");
});

Deno.test("Flow.start() names the nearest when a needed name is unknown, and what is known", async () => {
  await refused(
    flowOf(["encoder"], ["index", "encodr"]),
    'index needs "encodr", which is not in the Flow: encodr? -> index; did you mean "encoder"? (known: gateway, encoder)',
  );
  await refused(
    flowOf(["a", "gatway"]),
    'a needs "gatway", which is not in the Flow: gatway? -> a; did you mean "gateway"? (known: gateway)',
  );
});

Deno.test("Flow.start() draws what a name that is given twice stands for", async () => {
  await refused(
    flowOf(["a"], ["b", "gateway"], ["a", "b"]),
    'the name "a" is taken: Executor 1 of 3 has it, and so has number 3; names are unique in a Flow',
  );
  const flow = new Flow({ port: 0 }).add({ uses: Station }).add({ uses: Station, name: "executor0" });
  await refused(
    flow,
    'the name "executor0" is taken: Executor 1 of 2 has it, and so has number 2; names are unique in a Flow',
  );
});

Deno.test("Flow.start() draws needs that are empty or repeated", async () => {
  await refused(
    flowOf(["a", []]),
    'a needs nothing: ? -> a; name an Executor, or "gateway" for the request as it came in',
  );
  await refused(flowOf(["a"], ["b", ["a", "a"]]), "b needs a twice: a + a -> b; once is enough");
});

Deno.test("Flow.start() draws a branch whose documents nobody gets", async () => {
  await refused(
    flowOf(["root"], ["a"], ["b", "root"], ["c"]),
    "nobody needs a: gateway -> root -> a -> ?, while the answer comes by gateway -> root -> b -> c -> gateway; " +
      "name it in the needs of another Executor, or let needsAll() join all ends",
  );
  // Neither was added last: which one is the answer?
  const advice = "name it in the needs of another Executor, or let needsAll() join all ends";
  await refused(
    flowOf(["a", "c"], ["b", "c"], ["c", "gateway"]),
    `nobody needs a: gateway -> c -> a -> ?; ${advice}`,
    `nobody needs b: gateway -> c -> b -> ?; ${advice}`,
  );
});

Deno.test("Flow.start() finds a branch that dangles since something was added after needsAll()", async () => {
  const flow = flowOf(["a"], ["b", "gateway"]).needsAll().add({ uses: Station, name: "c", needs: "a" });
  await refused(
    flow,
    "nobody needs b: gateway -> b -> ?, while the answer comes by gateway -> a -> c -> gateway; " +
      "name it in the needs of another Executor, or let needsAll() join all ends",
  );
});

Deno.test("Flow.start() tells all mistakes at once, and can be called again when they are mended", async () => {
  const flow = flowOf(["a", "later"], ["b", ["a", "nobody"]]);
  await refused(
    flow,
    'a needs "later", which is not in the Flow: later? -> a (known: gateway, b)',
    'b needs "nobody", which is not in the Flow: nobody? -> b (known: gateway, a)',
  );
  flow.add({ uses: Station, name: "later", needs: "gateway" }).add({
    uses: Station,
    name: "nobody",
    needs: "later",
  });
  await using started = await flow.start();
  assertEquals((await started.post("/", { text: "hi" }))[0].text, "hi>later>nobody>b");
});

Deno.test("Flow.add() throws when needs is no name, and when an Executor is to be called gateway", () => {
  for (const needs of [1, {}, [1], [["a"]]]) {
    const add = { uses: Station, needs: needs as unknown as string };
    assertThrows(() => new Flow().add(add), TypeError, "Cannot add an Executor with needs");
  }
  assertThrows(() => flowOf(["gateway"]), TypeError, "Cannot add an Executor with name gateway");
});

Deno.test("Flow.needsAll() throws when there is nothing to need, and when needs are given", () => {
  assertThrows(() => new Flow().needsAll(), Error, "call add() first");
  assertThrows(
    () => flowOf(["a"]).needsAll({ uses: Station, needs: "a" } as AddOptions),
    TypeError,
    '"needs"',
  );
});

Deno.test("Flow.plot() draws each way as Mermaid text, whatever the names mean to Mermaid", () => {
  const flow = flowOf(["graph"], ["end", "gateway"], ["style-1", ["graph", "end"]], ["a", "end"]).needsAll();
  flow.add({ uses: Station, name: "last", replicas: 3 });
  assertEquals(
    flow.plot(),
    `flowchart LR
  request(["gateway"])
  e0["graph"]
  e1["end"]
  e2["style-1"]
  e3["a"]
  e4["last x 3"]
  answer(["gateway"])
  request --> e0
  request --> e1
  e0 --> e2
  e1 --> e2
  e1 --> e3
  e2 --> e4
  e3 --> e4
  e4 --> answer`,
  );
  assertEquals(flowOf(["a"], ["b", "gateway"]).needsAll().plot().match(/--> answer/g)?.length, 2);
});
