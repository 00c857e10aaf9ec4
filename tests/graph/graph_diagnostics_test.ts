/** Topologies with mistakes. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type AddOptions, Flow } from "../../mod.ts";
import { takeSnapshot } from "../support/resource_snapshot.ts";
import { NodeExecutor } from "../flow/_node_executor.ts";

function flowOf(...adds: [name: string, needs?: AddOptions["needs"]][]): Flow {
  const flow = new Flow({ port: 0, log: () => {} });
  for (const [name, needs] of adds) {
    flow.add({ uses: NodeExecutor, name, ...(needs !== undefined && { needs }) });
  }
  return flow;
}

/** Checks the whole message, and that nothing was started. */
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
    "a needs itself: a -> b -> c -> a; remove one of these needs",
  );
  await refused(
    flowOf(["a"], ["b", ["a", "d"]], ["c"], ["d", ["c", "a"]]),
    "b needs itself: b -> c -> d -> b; remove one of these needs",
  );
});

Deno.test("Flow.start() draws an Executor that needs itself", async () => {
  await refused(flowOf(["a"], ["b", ["a", "b"]]), "b needs itself: b -> b; remove one of these needs");
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

Deno.test("Flow.start() names both Executors when a name is used twice", async () => {
  await refused(
    flowOf(["a"], ["b", "gateway"], ["a", "b"]),
    'the name "a" is used twice: by Executor 1 and Executor 3 of 3; names must be unique in a Flow',
  );
  const flow = new Flow({ port: 0 }).add({ uses: NodeExecutor }).add({
    uses: NodeExecutor,
    name: "executor0",
  });
  await refused(
    flow,
    'the name "executor0" is used twice: by Executor 1 and Executor 2 of 2; names must be unique in a Flow',
  );
});

Deno.test("Flow.start() draws needs that are empty or repeated", async () => {
  await refused(
    flowOf(["a", []]),
    'a needs nothing: ? -> a; expected an Executor, or "gateway" for the request itself',
  );
  await refused(flowOf(["a"], ["b", ["a", "a"]]), "b needs a twice: a + a -> b; name it once");
});

Deno.test("Flow.start() draws a branch whose documents would get lost", async () => {
  await refused(
    flowOf(["root"], ["a"], ["b", "root"], ["c"]),
    "no Executor needs a: gateway -> root -> a -> ?, while the answer comes from gateway -> root -> b -> c -> gateway; " +
      "name it in the needs of another Executor, or let needsAll() join all ends",
  );
  // Neither was added last: which one is the answer?
  const advice = "name it in the needs of another Executor, or let needsAll() join all ends";
  await refused(
    flowOf(["a", "c"], ["b", "c"], ["c", "gateway"]),
    `no Executor needs a: gateway -> c -> a -> ?; ${advice}`,
    `no Executor needs b: gateway -> c -> b -> ?; ${advice}`,
  );
});

Deno.test("Flow.start() finds a branch that is no longer joined since an Executor was added after needsAll()", async () => {
  const flow = flowOf(["a"], ["b", "gateway"]).needsAll().add({ uses: NodeExecutor, name: "c", needs: "a" });
  await refused(
    flow,
    "no Executor needs b: gateway -> b -> ?, while the answer comes from gateway -> a -> c -> gateway; " +
      "name it in the needs of another Executor, or let needsAll() join all ends",
  );
});

Deno.test("Flow.start() reports all mistakes at once, and can be called again when they are fixed", async () => {
  const flow = flowOf(["a", "later"], ["b", ["a", "nobody"]]);
  await refused(
    flow,
    'a needs "later", which is not in the Flow: later? -> a (known: gateway, b)',
    'b needs "nobody", which is not in the Flow: nobody? -> b (known: gateway, a)',
  );
  flow.add({ uses: NodeExecutor, name: "later", needs: "gateway" }).add({
    uses: NodeExecutor,
    name: "nobody",
    needs: "later",
  });
  await using started = await flow.start();
  assertEquals((await started.post("/", { text: "hi" }))[0].text, "hi>later>nobody>b");
});

Deno.test("Flow.add() throws when needs is not a name, and when an Executor is named gateway", () => {
  for (const needs of [1, {}, [1], [["a"]]]) {
    const add = { uses: NodeExecutor, needs: needs as unknown as string };
    assertThrows(() => new Flow().add(add), TypeError, "Cannot add an Executor with needs");
  }
  assertThrows(() => flowOf(["gateway"]), TypeError, "Cannot add an Executor with name gateway");
});

Deno.test("Flow.needsAll() throws when there is nothing to need, and when needs are given", () => {
  assertThrows(() => new Flow().needsAll(), Error, "call add() first");
  assertThrows(
    () => flowOf(["a"]).needsAll({ uses: NodeExecutor, needs: "a" } as AddOptions),
    TypeError,
    '"needs"',
  );
});

Deno.test("Flow.plot() draws each way as Mermaid text, whatever the names are", () => {
  const flow = flowOf(["graph"], ["end", "gateway"], ["style-1", ["graph", "end"]], ["a", "end"]).needsAll();
  flow.add({ uses: NodeExecutor, name: "last", replicas: 3 });
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
