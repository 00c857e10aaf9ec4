import { h, svg } from "../dom.ts";
import { clock, duration } from "../format.ts";

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

/** What a chart shows: lines up to a time, and so many milliseconds before it. */
export interface Drawn {
  readonly lines: readonly Line[];
  readonly end: number;
  readonly span: number;
}

/** A small chart of the last ten minutes, with its values as text: the newest, or those that the pointer is at. */
export class Chart {
  readonly element: HTMLElement;
  readonly #now = h("span", { class: "now" });
  readonly #most = h("span", { class: "most" });
  readonly #begin = h("span", { class: "begin" });
  readonly #cursor = svg("path", { class: "cursor" });
  readonly #drawing = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: "none",
    role: "img",
  });
  #drawn: Drawn = { lines: [], end: 0, span: 1 };
  /** Where the pointer is, as a part of the width. */
  #pointed?: number;

  constructor(private readonly spec: ChartSpec) {
    const plot = h("div", { class: "plot" }, this.#drawing, this.#most, this.#begin);
    this.element = h(
      "figure",
      { class: "chart" },
      h("figcaption", {}, h("h3", {}, spec.title), this.#now),
      plot,
    );
    const point = (pointed?: number) => {
      this.#pointed = pointed;
      this.#tell();
    };
    plot.addEventListener("pointermove", ({ clientX }) => {
      const { left, width } = plot.getBoundingClientRect();
      point((clientX - left) / width);
    });
    plot.addEventListener("pointerleave", () => point());
  }

  /** Draws it. */
  draw(drawn: Drawn): void {
    this.#drawn = drawn;
    const { lines, end, span } = drawn;
    const { format, title, isDots = false } = this.spec;
    const values = lines.flatMap(({ points }) => points.flatMap(({ value }) => value ?? []));
    const most = ceiling(Math.max(0, ...values));
    const x = (at: number) => WIDTH - (end - at) / span * WIDTH;
    const y = (value: number) => HEIGHT - 2 - value / most * (HEIGHT - 6);
    this.#begin.textContent = `${duration(span)} ago`;
    this.#most.textContent = values.length === 0 ? "" : format(most);
    const now = this.#valuesAt(end).map(({ text }) => text).join(", ") || "nothing";
    const highest = values.length === 0 ? "nothing yet" : `highest ${format(Math.max(...values))}`;
    this.#drawing.setAttribute("aria-label", `${title}, last ten minutes: now ${now}, ${highest}`);
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
      this.#cursor,
    );
    this.#tell();
  }

  /** The values as text, and a line where the pointer is. */
  #tell(): void {
    const { end, span } = this.#drawn;
    const pointed = this.#pointed;
    const at = pointed === undefined ? end : end - span * (1 - pointed);
    const values = this.#valuesAt(at);
    this.#cursor.setAttribute("d", pointed === undefined ? "" : `M${round(pointed * WIDTH)} 0V${HEIGHT}`);
    this.#now.replaceChildren(
      pointed === undefined ? "" : clock(new Date(at).toISOString()),
      ...(values.length === 0
        ? ["–"]
        : values.map(({ className, name, value }) =>
          h("span", { class: className }, name, h("b", {}, this.spec.format(value)))
        )),
    );
  }

  /** The value of each line at a time, or of the newest point when that is later than all. */
  #valuesAt(at: number): { className: string; name: string; value: number; text: string }[] {
    const { lines, end } = this.#drawn;
    return lines.flatMap(({ name, class: className, points }) => {
      const point = at >= end ? points.at(-1) : nearest(points, at);
      const value = point?.value;
      if (value === undefined) return [];
      const label = lines.length > 1 ? `${name} ` : "";
      return [{ className, name: label, value, text: `${label}${this.spec.format(value)}` }];
    });
  }
}

/** The point that is nearest to a time, unless there is a gap. */
function nearest(points: readonly Point[], at: number): Point | undefined {
  const distance = (point: Point) => Math.abs(point.at - at);
  const best = points.reduce<Point | undefined>(
    (best, point) => best !== undefined && distance(best) <= distance(point) ? best : point,
    undefined,
  );
  return best !== undefined && distance(best) < GAP_MS ? best : undefined;
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
