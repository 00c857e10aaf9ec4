import { assertEquals } from "@std/assert";
import { changesOf, isSame } from "../../src/flow/topology_changes.ts";
import { FlowBuilder } from "../../src/graph/flow_builder.ts";
import type { AddOptions } from "../../src/options/options.ts";

function wiringOf(...executors: AddOptions[]) {
  const builder = new FlowBuilder();
  for (const executor of executors) builder.add(executor);
  return { executors: builder.executors, graph: builder.graph() };
}

const a = { uses: "a.ts", name: "a" };
const b = { uses: "b.ts", name: "b" };

Deno.test("changesOf() names what was added, removed, re-configured and re-wired", () => {
  const before = wiringOf(a, b);
  assertEquals(changesOf(before, wiringOf(a, b)), []);
  assertEquals(changesOf(before, wiringOf(a)), ["removed b"]);
  assertEquals(changesOf(before, wiringOf(a, b, { uses: "c.ts", name: "c" })), ["added c"]);
  assertEquals(changesOf(before, wiringOf({ ...a, replicas: 2, usesWith: { x: 1 } }, b)), [
    "re-configured a (uses_with, replicas)",
  ]);
  assertEquals(changesOf(before, wiringOf(b, a)), ["re-wired b (needs gateway)", "re-wired a (needs b)"]);
});

Deno.test("isSame() ignores the order of keys, and takes Infinity for what it is", () => {
  const [one] = wiringOf({ ...a, usesWith: { x: 1, y: Infinity } }).executors;
  const [two] = wiringOf({ ...a, usesWith: { y: Infinity, x: 1 } }).executors;
  const [three] = wiringOf({ ...a, usesWith: { y: null, x: 1 } }).executors;
  assertEquals([isSame(one, two), isSame(one, three)], [true, false]);
});
