import { h, svg } from "../dom.ts";
import { atNextFrame } from "../frame.ts";
import { plural } from "../format.ts";
import type { Live } from "../store.ts";
import { type Layout, layoutOf, type Measures } from "./layout.ts";
import {
  type Deployment,
  figuresOf,
  nodeClass,
  nodeContent,
  type NodeFacts,
  nodeLabel,
  rateWords,
} from "./node.ts";
import { type Rate, Rates } from "./rates.ts";

const NORMAL: Measures = { width: 216, height: 92, gapX: 44, gapY: 16 };
/** When there are many. */
const SMALL: Measures = { width: 176, height: 80, gapX: 30, gapY: 12 };
const MANY = 12;
/** How long a swap is highlighted. */
const SWAP_MS = 2500;
/** The name of the request itself among those that an Executor needs. */
const GATEWAY = "gateway";

/** The graph of the Flow: what serves, and what it does. */
export function topology(live: Live): HTMLElement {
  const drawing = new Drawing();
  const summary = h("p", { class: "summary" }, "Waiting for the Flow.");
  const box = h(
    "div",
    { class: "graph", tabindex: 0, role: "region", "aria-label": "The graph" },
    drawing.element,
  );
  const draw = atNextFrame(() => {
    const { status } = live;
    if (status === undefined) return;
    summary.textContent = summaryOf(status.deployments);
    drawing.draw(status, box.clientWidth);
  });
  live.on((event) => {
    if (event.kind === "hello") drawing.rates.reset(event.samples);
    if (event.kind === "sample") drawing.rates.take(event);
    if (["hello", "status", "deployment", "sample"].includes(event.kind)) draw();
  });
  new ResizeObserver(draw).observe(box);
  drawing.onChange = draw;
  return h("div", { class: "panel topology" }, summary, box, legend());
}

function summaryOf(deployments: readonly Deployment[]): string {
  const down = deployments.filter(({ state }) => state === "down").map(({ name }) => name);
  const all = plural(deployments.length, "Executor");
  return down.length === 0 ? `${all}, all serving` : `${all}, ${down.length} down: ${down.join(", ")}`;
}

function legend(): HTMLElement {
  const entry = (kind: string, text: string) => h("li", { class: kind }, text);
  return h(
    "ul",
    { class: "legend", "aria-label": "Legend" },
    entry("good", "ready"),
    entry("busy", "loading"),
    entry("old", "draining"),
    entry("bad", "dead, stuck or away"),
    h("li", {}, "per second · p50/p95 · errors of the last minute"),
  );
}

/** The drawing: nodes stay as long as their Executors, so that they keep the focus. */
class Drawing {
  readonly rates = new Rates();
  readonly element = svg("svg", { role: "list", "aria-label": "Executors" });
  /** Called when something is to be drawn without an event. */
  onChange: () => void = () => {};
  readonly #edges = svg("g", { class: "edges", role: "presentation" });
  readonly #nodes = new Map<string, NodeView>();
  #drawn = "";
  #measures = NORMAL;

  constructor() {
    this.element.append(this.#edges);
  }

  draw({ deployments, ports }: NonNullable<Live["status"]>, width: number): void {
    const shape = JSON.stringify([width, deployments.map(({ name, needs }) => [name, needs])]);
    if (shape !== this.#drawn) this.#lay(deployments, width);
    this.#drawn = shape;
    const flow = this.rates.ofFlow();
    const served = ports.map(({ protocol, port }) => `${protocol} :${port}`);
    const label = [GATEWAY, ...served, ...rateWords(flow, "requests")].join(", ");
    const gateway = this.#nodes.get(GATEWAY);
    gateway?.show("node gateway", label, this.#measures, () => gatewayContent(this.#measures, flow, served));
    for (const deployment of deployments) {
      const view = this.#nodes.get(deployment.name);
      if (view === undefined) continue;
      const swappedFrom = view.swappedFrom(deployment.version, this.onChange);
      const facts: NodeFacts = { deployment, rate: this.rates.of(deployment.name), swappedFrom };
      view.show(nodeClass(facts), nodeLabel(facts), this.#measures, () => nodeContent(facts, this.#measures));
    }
    for (const edge of this.#edges.children) {
      const targets = (edge as SVGElement).dataset.targets?.split("\n") ?? [];
      edge.classList.toggle("busy", targets.some((target) => this.rates.of(target).perSecond > 0));
    }
  }

  #lay(deployments: readonly Deployment[], width: number): void {
    this.#measures = deployments.length > MANY ? SMALL : NORMAL;
    const graph = [{ name: GATEWAY, needs: [] }, ...deployments];
    const layout = layoutOf(graph, this.#measures, width);
    const { element } = this;
    for (const [name, value] of Object.entries({ width: layout.width, height: layout.height })) {
      element.setAttribute(name, String(value));
    }
    element.setAttribute("viewBox", `0 0 ${layout.width} ${layout.height}`);
    this.#edges.replaceChildren(...edgesOf(layout));
    for (const [name, view] of this.#nodes) {
      if (layout.nodes.has(name)) continue;
      view.element.remove();
      this.#nodes.delete(name);
    }
    let next = this.#edges.nextSibling;
    for (const { name } of graph) {
      const place = layout.nodes.get(name);
      if (place === undefined) continue;
      const view = this.#nodes.get(name) ?? new NodeView(name);
      this.#nodes.set(name, view);
      view.element.setAttribute("transform", `translate(${place.x} ${Math.round(place.y)})`);
      // In the order of the graph, for the keyboard; what is moved loses the focus.
      if (view.element === next) next = next.nextSibling;
      else element.insertBefore(view.element, next);
    }
  }
}

function edgesOf({ edges }: Layout): SVGElement[] {
  return edges.map(({ path, source, targets, isEnd }) =>
    svg("path", {
      d: path,
      class: isEnd ? "edge end" : "edge",
      data: { source, targets: targets.join("\n") },
    })
  );
}

function gatewayContent({ width, height }: Measures, rate: Rate, ports: readonly string[]): SVGElement[] {
  const [line1, line2, line4] = [0.25, 0.46, 0.88].map((part) => Math.round(height * part));
  return [
    svg("rect", { class: "card", width, height, rx: 7 }),
    svg("text", { class: "name", x: 12, y: line1 }, GATEWAY),
    svg("text", { class: "class", x: 12, y: line2 }, ports.join(", ")),
    svg("text", { class: "figures", x: 12, y: line4 }, ...figuresOf(rate)),
  ];
}

/** A node of the drawing. The link over it, which leads to the versions of its Executor, says all that it shows. */
class NodeView {
  readonly element: SVGGElement;
  readonly #content = svg("g", { "aria-hidden": "true" });
  readonly #link: SVGElement;
  readonly #title = svg("title");
  readonly #area = svg("rect", { class: "area", rx: 7 });
  #shown = "";
  #version?: number | null;
  #swap?: { readonly from: number | null };

  constructor(name: string) {
    this.#link = name === GATEWAY
      ? svg("g", { role: "img" })
      : svg("a", { href: `#versions/${encodeURIComponent(name)}`, data: { name } });
    this.#link.append(this.#title, this.#area);
    this.element = svg("g", { role: "listitem", data: { node: name } }, this.#content, this.#link);
  }

  /** Which version served before, for a short time after a swap. */
  swappedFrom(version: number | null, onOver: () => void): number | null | undefined {
    if (this.#version !== undefined && this.#version !== version && version !== null) {
      const swap = { from: this.#version };
      this.#swap = swap;
      setTimeout(() => {
        if (this.#swap === swap) this.#swap = undefined;
        onOver();
      }, SWAP_MS);
    }
    this.#version = version;
    return this.#swap?.from;
  }

  /** Shows something else; the class and the label, which says everything, tell whether it is the same. */
  show(
    className: string,
    label: string,
    { width, height }: Measures,
    content: () => readonly SVGElement[],
  ): void {
    const shown = `${className} ${label} ${width}`;
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.element.setAttribute("class", className);
    this.#link.setAttribute("aria-label", label);
    this.#title.textContent = label;
    this.#area.setAttribute("width", String(width));
    this.#area.setAttribute("height", String(height));
    this.#content.replaceChildren(...content());
  }
}
