import { h, svg } from "../dom.ts";
import { duration } from "../format.ts";

/** One line of a chart: values at times, in milliseconds; `undefined` is a gap. */
export interface Line {
  readonly name: string;
  readonly class: string;
  readonly points: readonly Point[];
}

/** A value at a time. */
export interface Point {
  readonly at: number;
  readonly value: number | undefined;
  /** Whether it is drawn as a failure; dots only. */
  readonly isBad?: boolean;
}

/** What a chart shows. */
export interface ChartSpec {
  readonly title: string;
  /** The value as text, such as `3 ms`. */
  readonly format: (value: number) => string;
  /** Whether each value is a dot, in place of a line. */
  readonly isDots?: boolean;
}

const WIDTH = 300;
const HEIGHT = 64;
/** A longer pause between two points is a gap. */
const GAP_MS = 15_000;

/** A small chart of the last ten minutes, with its values as text. */
export class Chart {
  readonly element: HTMLElement;
  readonly #now = h("span", { class: "now" });
  readonly #most = h("span", { class: "most" });
  readonly #begin = h("span", { class: "begin" });
  readonly #drawing = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: "none",
    role: "img",
  });

  constructor(private readonly spec: ChartSpec) {
    this.element = h(
      "figure",
      { class: "chart" },
      h("figcaption", {}, h("h3", {}, spec.title), this.#now),
      h("div", { class: "plot" }, this.#drawing, this.#most, this.#begin),
    );
  }

  /** Draws the lines up to a time, and so many milliseconds before it. */
  draw(lines: readonly Line[], end: number, span: number): void {
    const { format, title, isDots = false } = this.spec;
    const values = lines.flatMap(({ points }) => points.flatMap(({ value }) => value ?? []));
    const most = ceiling(Math.max(0, ...values));
    const x = (at: number) => WIDTH - (end - at) / span * WIDTH;
    const y = (value: number) => HEIGHT - 2 - value / most * (HEIGHT - 6);
    const last = lines.map(({ name, points }) => {
      const value = points.at(-1)?.value;
      return value === undefined ? undefined : `${lines.length > 1 ? `${name} ` : ""}${format(value)}`;
    }).filter((text) => text !== undefined);
    this.#now.replaceChildren(
      ...(last.length === 0 ? ["–"] : lines.flatMap(({ class: className, name, points }) => {
        const value = points.at(-1)?.value;
        if (value === undefined) return [];
        return [
          h("span", { class: className }, lines.length > 1 ? `${name} ` : "", h("b", {}, format(value))),
        ];
      })),
    );
    this.#begin.textContent = `${duration(span)} ago`;
    this.#most.textContent = values.length === 0 ? "" : format(most);
    const highest = values.length === 0 ? "nothing yet" : `highest ${format(Math.max(...values))}`;
    this.#drawing.setAttribute(
      "aria-label",
      `${title}, last ten minutes: now ${last.join(", ") || "nothing"}, ${highest}`,
    );
    this.#drawing.replaceChildren(
      svg("path", {
        class: "grid",
        d: `M0 ${y(most)}H${WIDTH}M0 ${y(most / 2)}H${WIDTH}M0 ${HEIGHT - 1}H${WIDTH}`,
      }),
      ...lines.slice(0, isDots ? 0 : 1).map(({ class: className, points }) =>
        svg("path", { class: `area ${className}`, d: areaOf(points, x, y) })
      ),
      ...lines.flatMap(({ class: className, points }) =>
        isDots
          ? points.flatMap(({ at, value, isBad }) =>
            value === undefined ? [] : [svg("path", {
              class: `dot ${isBad ? "bad" : className}`,
              d: `M${round(x(at))} ${round(y(value))}h0`,
            })]
          )
          : [svg("path", { class: `line ${className}`, d: pathOf(points, x, y) })]
      ),
    );
  }
}

function pathOf(points: readonly Point[], x: (at: number) => number, y: (value: number) => number): string {
  let path = "";
  let before: number | undefined;
  for (const { at, value } of points) {
    if (value === undefined) {
      before = undefined;
      continue;
    }
    path += `${before === undefined || at - before > GAP_MS ? "M" : "L"}${round(x(at))} ${round(y(value))}`;
    before = at;
  }
  return path;
}

/** What is below the line, without its gaps. */
function areaOf(points: readonly Point[], x: (at: number) => number, y: (value: number) => number): string {
  return pathOf(points, x, y).split("M").filter((part) => part !== "").map((part) => {
    const steps = part.split("L").map((step) => step.split(" ")[0]);
    return `M${steps[0]} ${HEIGHT}L${part}L${steps.at(-1)} ${HEIGHT}Z`;
  }).join("");
}

/** The least of 1, 2 and 5 times a power of ten that is not below a value. */
export function ceiling(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= value * 0.999) ?? value;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
