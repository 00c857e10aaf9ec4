import { type GraphNode, type Item, type Layers, layersOf, mean, neighboursOf } from "./layers.ts";

/** The measures of a drawing. */
export interface Measures {
  /** The size of a node. */
  readonly width: number;
  readonly height: number;
  /** The space between layers, and that between the nodes of one. */
  readonly gapX: number;
  readonly gapY: number;
}

/** Where the nodes are, by their upper left corners, and the paths of the edges. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly nodes: ReadonlyMap<string, Point>;
  readonly edges: readonly Edge[];
}

/** A part of an edge. */
export interface Edge {
  readonly path: string;
  readonly source: string;
  readonly targets: readonly string[];
  /** Whether it ends at a node. */
  readonly isEnd: boolean;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

const SWEEPS = 8;
/** Around the whole drawing; at its sides, edges go from one band to the next. */
const MARGIN_X = 30;
const MARGIN_Y = 12;
/** Between two bands, without the edges that pass there, and for each of these. */
const BAND_GAP = 34;
const LANE = 4;
/** How far apart layers are, where there is room, as a multiple of their gap. */
const MOST_STRETCH = 4;
/** With fewer layers in a band, a long band that is scrolled is easier to read. */
const LEAST_LAYERS = 3;

/**
 * Places a graph from left to right. Layers that do not fit into the width go on in another band below, as lines of a
 * text do.
 */
export function layoutOf(nodes: readonly GraphNode[], measures: Measures, maxWidth: number): Layout {
  const graph = layersOf(nodes);
  const { perBand, columns, gapX } = columnsOf(graph.layers.length, measures, maxWidth);
  const step = measures.width + gapX;
  const items = new Map(graph.layers.flat().map((item) => [item.id, item]));
  const bandOf = (id: string) => Math.floor((items.get(id)?.layer ?? 0) / perBand);
  const wraps = graph.links.filter(({ from, to }) => bandOf(from) !== bandOf(to));
  const centres = centresOf(graph, measures);
  const places = new Map<string, Point>();
  const bottoms: number[] = [];
  let top = MARGIN_Y;
  for (let first = 0; first < graph.layers.length; first += perBand) {
    const band = graph.layers.slice(first, first + perBand);
    const ys = band.flat().map(({ id }) => centres.get(id) ?? 0);
    const [least, most] = [Math.min(...ys), Math.max(...ys)];
    for (const [at, layer] of band.entries()) {
      for (const { id } of layer) {
        const y = (centres.get(id) ?? 0) - least + top + measures.height / 2;
        places.set(id, { x: MARGIN_X + at * step, y });
      }
    }
    bottoms.push(top + most - least + measures.height);
    const lanes = wraps.filter(({ from }) => bandOf(from) === first / perBand).length;
    top = bottoms[bottoms.length - 1] + BAND_GAP + lanes * LANE;
  }
  const placeOf = (id: string): Point => places.get(id) ?? { x: 0, y: 0 };
  const edges = graph.links.map(({ from, to, source, targets }) => {
    const start = placeOf(from);
    const out = { x: start.x + measures.width, y: start.y };
    const isEnd = items.get(to)?.name !== undefined;
    // What only passes through a layer goes straight through its column.
    const through = items.get(from)?.name === undefined
      ? `M${start.x} ${round(start.y)}H${out.x}`
      : `M${out.x} ${round(start.y)}`;
    const band = bandOf(from);
    if (bandOf(to) === band) return { path: `${through}${curve(out, placeOf(to))}`, source, targets, isEnd };
    const lanes = wraps.filter((link) => bandOf(link.from) === band)
      .sort((a, b) => placeOf(a.from).y - placeOf(b.from).y || placeOf(a.to).y - placeOf(b.to).y);
    const lane = lanes.findIndex((link) => link.from === from && link.to === to);
    return {
      path: `${through}${around(out, placeOf(to), bottoms[band], lane, lanes.length)}`,
      source,
      targets,
      isEnd,
    };
  });
  return {
    width: 2 * MARGIN_X + columns * step - gapX,
    height: bottoms[bottoms.length - 1] + MARGIN_Y,
    nodes: new Map(
      [...items.values()].flatMap(({ id, name }) => {
        const { x, y } = placeOf(id);
        return name === undefined ? [] : [[name, { x, y: y - measures.height / 2 }]];
      }),
    ),
    edges,
  };
}

/** How many layers a band has, and how far they are apart. */
function columnsOf(layers: number, { width, gapX }: Measures, maxWidth: number) {
  const room = maxWidth - 2 * MARGIN_X + gapX;
  const fitting = Math.floor(room / (width + gapX));
  const perBand = fitting < LEAST_LAYERS ? layers : fitting;
  const columns = Math.min(perBand, layers);
  const stretched = (room - gapX - columns * width) / Math.max(columns - 1, 1);
  return { perBand, columns, gapX: Math.floor(clamped(stretched, gapX, gapX * MOST_STRETCH)) };
}

/** The height of each item's centre: near the mean of its neighbours, without overlaps. */
function centresOf({ layers, links }: Layers, { height, gapY }: Measures): Map<string, number> {
  const { before, after } = neighboursOf(links);
  const size = ({ name }: Item) => name === undefined ? 0 : height;
  const isNode = new Set(layers.flat().filter(({ name }) => name !== undefined).map(({ id }) => id));
  const centres = new Map<string, number>();
  const place = (layer: readonly Item[], wanted: (item: Item) => number) => {
    let last: { y: number; item: Item } | undefined;
    const shifts: number[] = [];
    for (const item of layer) {
      const least = last === undefined ? -Infinity : last.y + (size(last.item) + size(item)) / 2 + gapY;
      const y = Math.max(wanted(item), least);
      shifts.push(wanted(item) - y);
      centres.set(item.id, y);
      last = { y, item };
    }
    const shift = mean(shifts) ?? 0;
    for (const { id } of layer) centres.set(id, (centres.get(id) ?? 0) + shift);
  };
  for (const layer of layers) place(layer, () => 0);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const isDown = sweep % 2 === 0;
    const neighbours = isDown ? before : after;
    for (const layer of isDown ? layers : layers.toReversed()) {
      const wanted = new Map(layer.map(({ id }) => {
        const all = neighbours.get(id) ?? [];
        // An edge that passes by pulls no node out of its line.
        const real = all.filter((other) => isNode.has(other));
        const others = real.length > 0 ? real : all;
        return [id, mean(others.map((other) => centres.get(other) ?? 0)) ?? centres.get(id) ?? 0];
      }));
      place(layer, ({ id }) => wanted.get(id) ?? 0);
    }
  }
  return centres;
}

function curve(from: Point, to: Point): string {
  if (Math.abs(from.y - to.y) < 0.5) return `H${to.x}`;
  const middle = (from.x + to.x) / 2;
  return `C${middle} ${round(from.y)} ${middle} ${round(to.y)} ${to.x} ${round(to.y)}`;
}

/**
 * From the end of one band to the begin of the next. Each edge has a lane of its own; those from above are outside at
 * the right, below the others between the bands, and inside at the left, so that they do not cross.
 */
function around(from: Point, to: Point, bottom: number, lane: number, lanes: number): string {
  const space = Math.min(LANE, (MARGIN_X - 12) / lanes);
  const right = round(from.x + 8 + (lanes - 1 - lane) * space);
  const left = round(to.x - 8 - lane * space);
  const y = round(bottom + BAND_GAP / 2 + (lanes - 1 - lane) * LANE);
  const [x1, x2] = [right - 4, left + 4];
  return `H${x1}q4 0 4 4V${y - 4}q0 4 -4 4H${x2}q-4 0 -4 4V${round(to.y - 4)}q0 4 4 4H${to.x}`;
}

function clamped(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
