/** A node of the graph, and the nodes whose documents it gets. */
export interface GraphNode {
  readonly name: string;
  readonly needs: readonly string[];
}

/** What stands in a layer: a node, or the place where an edge passes that crosses the layer. */
export interface Item {
  readonly id: string;
  /** The node; left out for the place of an edge. */
  readonly name?: string;
  readonly layer: number;
}

/** Items in layers, each layer in its order, and the links between items of neighbouring layers. */
export interface Layers {
  readonly layers: readonly (readonly Item[])[];
  readonly links: readonly Link[];
}

/** A part of an edge, from one layer to the next. */
export interface Link {
  readonly from: string;
  readonly to: string;
  /** The node where the edge begins, and those where it ends: edges from one node share their links. */
  readonly source: string;
  readonly targets: readonly string[];
}

const SWEEPS = 12;

/** Sorts a graph into layers by the longest path to each node, with few crossings. */
export function layersOf(nodes: readonly GraphNode[]): Layers {
  const depths = depthsOf(nodes);
  const layers: Item[][] = Array.from({ length: Math.max(0, ...depths.values()) + 1 }, () => []);
  for (const { name } of nodes) {
    const layer = depths.get(name) ?? 0;
    layers[layer].push({ id: name, name, layer });
  }
  const links = new Map<string, { from: string; to: string; source: string; targets: string[] }>();
  const link = (from: string, to: string, source: string, target: string) => {
    const key = `${from}\n${to}`;
    if (!links.has(key)) links.set(key, { from, to, source, targets: [] });
    links.get(key)?.targets.push(target);
  };
  const passing = new Set<string>();
  for (const { name, needs } of nodes) {
    for (const source of needs.filter((need) => depths.has(need))) {
      let from = source;
      for (let layer = (depths.get(source) ?? 0) + 1; layer < (depths.get(name) ?? 0); layer++) {
        const id = `${source}\n${layer}`;
        if (!passing.has(id)) layers[layer].push({ id, layer });
        passing.add(id);
        link(from, id, source, name);
        from = id;
      }
      link(from, name, source, name);
    }
  }
  return { layers: untangled(layers, [...links.values()]), links: [...links.values()] };
}

/** The length of the longest path to each node. A cycle, which a Flow cannot have, ends a path. */
function depthsOf(nodes: readonly GraphNode[]): Map<string, number> {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const depths = new Map<string, number>();
  const depthOf = (name: string, path: ReadonlySet<string>): number => {
    const known = depths.get(name);
    if (known !== undefined) return known;
    const needs = byName.get(name)?.needs.filter((need) => byName.has(need) && !path.has(need)) ?? [];
    const depth = Math.max(-1, ...needs.map((need) => depthOf(need, new Set([...path, name])))) + 1;
    depths.set(name, depth);
    return depth;
  };
  for (const { name } of nodes) depthOf(name, new Set([name]));
  return depths;
}

/** The order of each layer with the fewest crossings of several sweeps: each item goes to the mean of its neighbours. */
function untangled(
  layers: readonly (readonly Item[])[],
  links: readonly Link[],
): readonly (readonly Item[])[] {
  const { before, after } = neighboursOf(links);
  let order = layers.map((layer) => [...layer]);
  let best = order;
  let fewest = crossingsOf(order, after);
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
    const isDown = sweep % 2 === 0;
    order = order.map((layer) => [...layer]);
    for (let step = 1; step < order.length; step++) {
      const at = isDown ? step : order.length - 1 - step;
      const places = placesOf(order[isDown ? at - 1 : at + 1]);
      const neighbours = isDown ? before : after;
      const own = placesOf(order[at]);
      const means = new Map(order[at].map(({ id }) => [
        id,
        mean((neighbours.get(id) ?? []).flatMap((other) => places.get(other) ?? [])) ?? own.get(id) ?? 0,
      ]));
      order[at].sort((a, b) => (means.get(a.id) ?? 0) - (means.get(b.id) ?? 0));
    }
    const crossings = crossingsOf(order, after);
    if (crossings < fewest) [best, fewest] = [order, crossings];
  }
  return best;
}

/** The items that each item is linked with, in the layer before and in the one after it. */
export function neighboursOf(links: readonly Link[]): Record<"before" | "after", Map<string, string[]>> {
  const before = new Map<string, string[]>();
  const after = new Map<string, string[]>();
  for (const { from, to } of links) {
    after.set(from, [...(after.get(from) ?? []), to]);
    before.set(to, [...(before.get(to) ?? []), from]);
  }
  return { before, after };
}

/** How many pairs of links cross. */
export function crossingsOf(
  layers: readonly (readonly Item[])[],
  after: ReadonlyMap<string, readonly string[]>,
): number {
  let crossings = 0;
  for (const [at, layer] of layers.slice(0, -1).entries()) {
    const places = placesOf(layers[at + 1]);
    const ends = layer.map(({ id }) => (after.get(id) ?? []).map((other) => places.get(other) ?? 0));
    for (const [index, tos] of ends.entries()) {
      for (const others of ends.slice(index + 1)) {
        for (const to of tos) crossings += others.filter((other) => other < to).length;
      }
    }
  }
  return crossings;
}

function placesOf(layer: readonly Item[]): Map<string, number> {
  return new Map(layer.map(({ id }, at) => [id, at]));
}

/** The mean; `undefined` of nothing. */
export function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}
