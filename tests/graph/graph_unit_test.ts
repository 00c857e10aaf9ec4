/** What a graph says of its stations, for topologies that nobody thought of. */
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

/** Some Executors that need each other in any way without a cycle, added in any order. */
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

/** Whether a way leads from the gateway to a station without passing another one. */
function canReach(members: readonly Member[], name: string, without?: string): boolean {
  if (name === "gateway") return true;
  if (name === without) return false;
  const needs = realNeeds(members.find((member) => member.name === name));
  return needs.some((need) => canReach(members, need, without));
}

/** The gateway beside another need adds nothing, and is no way around it. */
function realNeeds(member?: Member): string[] {
  const others = member?.needs.filter((need) => need !== "gateway") ?? [];
  return others.length > 0 ? others : ["gateway"];
}

/** The nearest station that no way to any of these can avoid. */
function forkOf(
  members: readonly Member[],
  order: readonly GraphNode[],
  names: readonly string[],
): string | undefined {
  return order.toReversed().map(({ name }) => name)
    .find((without) => names.every((name) => !canReach(members, name, without)));
}

Deno.test("Graph puts each station after what it needs, ranks it once, and finds where its branches parted", () => {
  for (let seed = 0; seed < 300; seed++) {
    const members = randomMembers(seed);
    const needed = new Set(members.flatMap(({ needs }) => needs));
    const ends = members.map(({ name }) => name).filter((name) => !needed.has(name));
    const { nodes: stations, ...graph } = new Graph(members, ends);
    assertEquals(stations.map(({ name }) => name).sort(), members.map(({ name }) => name).sort());
    assertEquals(stations.map(({ rank }) => rank).sort((a, b) => a - b), stations.map((_, rank) => rank));
    stations.forEach(({ name, index, needs, mergeBase: fork }, at) => {
      assertEquals(members[index].name, name);
      const others = members[index].needs.filter((need) => need !== "gateway");
      assertEquals(needs.map(({ name }) => name), others);
      for (const need of needs) assertEquals(stations.indexOf(need) < at, true);
      const expected = needs.length === 0 ? undefined : forkOf(members, stations.slice(0, at), others);
      // The gateway beside another need adds nothing: it must not count as a way around.
      if (!members[index].needs.includes("gateway")) {
        assertEquals(fork?.name, expected, JSON.stringify(members));
      }
    });
    assertEquals(graph.ends.map(({ name }) => name), ends);
  }
});

Deno.test("Graph knows a chain, however it was added", () => {
  const isChain = (...members: [name: string, ...needs: string[]][]) =>
    new Graph(members.map(([name, ...needs]) => ({ name, needs })), [members[members.length - 1][0]]).isChain;
  assertEquals(isChain(["a", "gateway"]), true);
  assertEquals(isChain(["a", "gateway"], ["b", "a"], ["c", "b"]), true);
  assertEquals(isChain(["c", "b"], ["b", "a"], ["a", "gateway"]), true);
  assertEquals(isChain(["a", "gateway"], ["b", "a", "gateway"]), true);
  assertEquals(isChain(["a", "gateway"], ["b", "a"], ["c", "a", "b"]), false);
  assertEquals(isChain(["a", "gateway"], ["b", "gateway"], ["c", "a", "b"]), false);
});
