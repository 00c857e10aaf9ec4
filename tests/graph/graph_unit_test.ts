/** The nodes of random graphs. */
import { assertEquals } from "@std/assert";
import { Graph, type GraphNode } from "../../src/graph/graph.ts";

interface Member {
  readonly name: string;
  readonly needs: string[];
}

/** The same numbers from 0 to 1 each time. */
function randomFrom(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
}

/** Random Executors with needs that have no cycle, added in a random order. */
function randomMembers(seed: number): Member[] {
  const random = randomFrom(seed);
  const members: Member[] = [];
  const count = 1 + Math.floor(random() * 8);
  for (let index = 0; index < count; index++) {
    const needs = members.map(({ name }) => name).filter(() => random() < 0.35);
    if (needs.length === 0 || random() < 0.1) needs.push("gateway");
    members.push({ name: `e${index}`, needs });
  }
  return members.map((member) => ({ member, at: random() })).sort((a, b) => a.at - b.at).map(({ member }) =>
    member
  );
}

/** Whether a path leads from the gateway to a node without passing another one. */
function canReach(members: readonly Member[], name: string, without?: string): boolean {
  if (name === "gateway") return true;
  if (name === without) return false;
  const needs = realNeeds(members.find((member) => member.name === name));
  return needs.some((need) => canReach(members, need, without));
}

/** The gateway beside another need adds nothing, and is no path around it. */
function realNeeds(member?: Member): string[] {
  const others = member?.needs.filter((need) => need !== "gateway") ?? [];
  return others.length > 0 ? others : ["gateway"];
}

/** The last node that all paths to these nodes pass. */
function mergeBaseOf(
  members: readonly Member[],
  order: readonly GraphNode[],
  names: readonly string[],
): string | undefined {
  return order.toReversed().map(({ name }) => name)
    .find((without) => names.every((name) => !canReach(members, name, without)));
}

Deno.test("Graph orders each node after its needs, ranks it once, and finds its merge base", () => {
  for (let seed = 0; seed < 300; seed++) {
    const members = randomMembers(seed);
    const needed = new Set(members.flatMap(({ needs }) => needs));
    const ends = members.map(({ name }) => name).filter((name) => !needed.has(name));
    const { nodes, ...graph } = new Graph(members, ends);
    assertEquals(nodes.map(({ name }) => name).sort(), members.map(({ name }) => name).sort());
    assertEquals(nodes.map(({ rank }) => rank).sort((a, b) => a - b), nodes.map((_, rank) => rank));
    nodes.forEach(({ name, index, needs, mergeBase }, at) => {
      assertEquals(members[index].name, name);
      const others = members[index].needs.filter((need) => need !== "gateway");
      assertEquals(needs.map(({ name }) => name), others);
      for (const need of needs) assertEquals(nodes.indexOf(need) < at, true);
      const expected = needs.length === 0 ? undefined : mergeBaseOf(members, nodes.slice(0, at), others);
      // The gateway beside another need adds nothing: it must not count as a path around.
      if (!members[index].needs.includes("gateway")) {
        assertEquals(mergeBase?.name, expected, JSON.stringify(members));
      }
    });
    assertEquals(graph.ends.map(({ name }) => name), ends);
  }
});

Deno.test("Graph recognizes a chain in any order of its Executors", () => {
  const isChain = (...members: [name: string, ...needs: string[]][]) =>
    new Graph(members.map(([name, ...needs]) => ({ name, needs })), [members[members.length - 1][0]]).isChain;
  assertEquals(isChain(["a", "gateway"]), true);
  assertEquals(isChain(["a", "gateway"], ["b", "a"], ["c", "b"]), true);
  assertEquals(isChain(["c", "b"], ["b", "a"], ["a", "gateway"]), true);
  assertEquals(isChain(["a", "gateway"], ["b", "a", "gateway"]), true);
  assertEquals(isChain(["a", "gateway"], ["b", "a"], ["c", "a", "b"]), false);
  assertEquals(isChain(["a", "gateway"], ["b", "gateway"], ["c", "a", "b"]), false);
});
