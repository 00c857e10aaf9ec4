import { assert, assertEquals } from "@std/assert";
import { crossingsOf, layersOf, neighboursOf } from "../../src/page/client/topology/layers.ts";
import { layoutOf } from "../../src/page/client/topology/layout.ts";
import { thirty } from "./_statuses.ts";

const MEASURES = { width: 180, height: 80, gapX: 30, gapY: 12 };

const node = (name: string, ...needs: string[]) => ({ name, needs });
const DIAMOND = [
  node("gateway"),
  node("a", "gateway"),
  node("b", "a"),
  node("c", "a"),
  node("d", "b", "c", "gateway"),
];

function namesOf(nodes: Parameters<typeof layersOf>[0]): string[][] {
  return layersOf(nodes).layers.map((layer) => layer.flatMap(({ name }) => name ?? []));
}

Deno.test("layersOf() puts each node behind all that it needs", () => {
  assertEquals(namesOf(DIAMOND), [["gateway"], ["a"], ["b", "c"], ["d"]]);
  assertEquals(namesOf([]), [[]]);
});

Deno.test("layersOf() leaves a place for an edge in each layer that it crosses", () => {
  const { layers } = layersOf(DIAMOND);
  assertEquals(layers.map((layer) => layer.filter(({ name }) => name === undefined).length), [0, 1, 1, 0]);
});

Deno.test("layersOf() removes crossings that need not be", () => {
  const { layers, links } = layersOf([
    node("gateway"),
    ...["a", "b", "c"].map((name) => node(name, "gateway")),
    node("of c", "c"),
    node("of a", "a"),
    node("of b", "b"),
  ]);
  assertEquals(crossingsOf(layers, neighboursOf(links).after), 0);
});

Deno.test("layersOf() ends with a cycle, and with needs that do not exist", () => {
  assertEquals(namesOf([node("a", "b"), node("b", "a"), node("c", "missing")]).flat().sort(), [
    "a",
    "b",
    "c",
  ]);
});

for (const width of [375, 800, 1400]) {
  Deno.test(`layoutOf() places 30 Executors without overlaps, in a width of ${width}`, () => {
    const { nodes, ...size } = layoutOf([node("gateway"), ...thirty()], MEASURES, width);
    const places = [...nodes.values()];
    assertEquals(places.length, 31);
    for (const [at, a] of places.entries()) {
      assert(
        a.x >= 0 && a.x + MEASURES.width <= size.width && a.y >= 0 && a.y + MEASURES.height <= size.height,
      );
      for (const b of places.slice(at + 1)) {
        const apart = Math.abs(a.x - b.x) >= MEASURES.width || Math.abs(a.y - b.y) >= MEASURES.height;
        assert(apart, `${JSON.stringify(a)} ${JSON.stringify(b)}`);
      }
    }
    assert(width < 600 || size.width <= width, "wraps, where there is room for some layers");
  });
}
