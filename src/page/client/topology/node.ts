import { svg } from "../dom.ts";
import { count, duration, plural, shortened } from "../format.ts";
import type { PageEventOf } from "../store.ts";
import type { Measures } from "./layout.ts";
import type { Rate } from "./rates.ts";

/** The status of an Executor. */
export type Deployment = PageEventOf<"deployment">["deployment"];

/** What a node shows. */
export interface NodeFacts {
  readonly deployment: Deployment;
  readonly rate: Rate;
  /** The version that served before, while the swap is still highlighted. */
  readonly swappedFrom?: number | null;
}

/** A replica or an address as a dot. */
interface Dot {
  readonly kind: "good" | "busy" | "old" | "bad";
  readonly word: string;
}

const KINDS: Readonly<Record<string, Dot["kind"]>> = {
  ready: "good",
  serving: "good",
  starting: "busy",
  standby: "busy",
  loading: "busy",
  connecting: "busy",
  draining: "old",
  closed: "old",
  dead: "bad",
  away: "bad",
};
const MOST_DOTS = 8;
/** The width of a character of the names, in pixels. */
const CHARACTER = 7.3;
const SMALL_CHARACTER = 6.35;

/** The content of a node: name and version, class, replicas by version, and figures. */
export function nodeContent(
  { deployment, rate, swappedFrom }: NodeFacts,
  { width, height }: Measures,
): SVGElement[] {
  const version = versionText(deployment, swappedFrom);
  const tag = tagOf(deployment);
  const most = Math.floor((width - 30 - version.length * CHARACTER) / CHARACTER);
  const mostOfClass = Math.floor((width - 30 - (tag?.length ?? 0) * SMALL_CHARACTER) / SMALL_CHARACTER);
  const [line1, line2, line3, line4] = [0.25, 0.46, 0.67, 0.88].map((part) => Math.round(height * part));
  return [
    svg("rect", { class: "card", width, height, rx: 7 }),
    svg("text", { class: "name", x: 12, y: line1 }, shortened(deployment.name, most)),
    svg("text", { class: "version", x: width - 12, y: line1, "text-anchor": "end" }, version),
    svg(
      "text",
      { class: "class", x: 12, y: line2 },
      shortened(deployment.executor ?? placeOf(deployment), mostOfClass),
    ),
    ...(tag === undefined
      ? []
      : [svg("text", { class: "tag", x: width - 12, y: line2, "text-anchor": "end" }, tag)]),
    ...dotsOf(deployment, 12, line3 - 4),
    ...(deployment.lastError
      ? [svg("text", { class: "fault", x: width - 12, y: line3, "text-anchor": "end" }, "load failed")]
      : []),
    svg("text", { class: "figures", x: 12, y: line4 }, ...figuresOf(rate)),
  ];
}

/** All that a node says, as one sentence for those who do not see it. */
export function nodeLabel({ deployment, rate }: NodeFacts): string {
  const { name, executor, state, versions, addresses = [], lastError } = deployment;
  const replicas = versions.flatMap(({ number, state, replicas }) =>
    `version ${number} ${state}, ${plural(replicas.length, "replica")}: ${words(replicas.map(wordOf))}`
  );
  return [
    name,
    executor ?? placeOf(deployment),
    tagOf(deployment) ?? "",
    state,
    ...replicas,
    addresses.length > 0
      ? `${addresses.length === 1 ? "1 address" : `${addresses.length} addresses`}: ${
        words(addresses.map(({ state }) => state))
      }`
      : "",
    lastError ? "the last load failed" : "",
    ...rateWords(rate, "documents"),
  ].filter((part) => part !== "").join(", ");
}

/** What is done, in words. */
export function rateWords({ perSecond, p50, p95, errors }: Rate, noun: string): string[] {
  return [
    p50 === undefined
      ? "idle"
      : `${count(perSecond)} ${noun} per second, p50 ${duration(p50)}, p95 ${duration(p95 ?? p50)}`,
    ...(errors > 0 ? [`${plural(errors, "error")} in the last minute`] : []),
  ];
}

/** The classes of a node, by its state. */
export function nodeClass({ deployment, rate, swappedFrom }: NodeFacts): string {
  const { state, versions, addresses, isolation, lastError } = deployment;
  return [
    "node",
    state,
    addresses && "external",
    isolation === "process" && "isolated",
    lastError && "failed",
    versions.length > 1 && "swapping",
    swappedFrom !== undefined && "swapped",
    rate.perSecond > 0 && "busy",
  ].filter(Boolean).join(" ");
}

function versionText(
  { version, state, addresses }: Deployment,
  swappedFrom: number | null | undefined,
): string {
  if (state === "down") return "down";
  if (addresses) return "";
  if (version === null) return "none";
  return typeof swappedFrom === "number" ? `v${swappedFrom} → v${version}` : `v${version}`;
}

function tagOf({ addresses, isolation }: Deployment): string | undefined {
  if (addresses) return "external";
  return isolation === "process" ? "process" : undefined;
}

function placeOf({ addresses }: Deployment): string {
  return addresses?.[0]?.address ?? "no version";
}

function wordOf({ state, stuck }: { readonly state: string; readonly stuck: boolean }): string {
  return stuck ? "stuck" : state;
}

/** `2 ready, 1 dead`. */
function words(all: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of all) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, times]) => `${times} ${word}`).join(", ");
}

/** The replicas of each version side by side, or the addresses; several versions with their numbers and states. */
function dotsOf({ versions, addresses }: Deployment, left: number, y: number): SVGElement[] {
  const groups = addresses
    ? [{ label: "", dots: addresses.map(({ state }) => dot(state)) }]
    : versions.toSorted((a, b) => a.number - b.number).map(({ number, state, replicas }) => ({
      label: versions.length > 1 ? `v${number} ${state === "serving" ? "" : state}`.trimEnd() : "",
      dots: replicas.map((replica) => dot(wordOf(replica))),
    }));
  const elements: SVGElement[] = [];
  let x = left;
  for (const { label, dots } of groups) {
    for (const { kind } of dots.slice(0, MOST_DOTS)) {
      elements.push(mark(kind, x + 4, y));
      x += 12;
    }
    const more = dots.length > MOST_DOTS ? `+${dots.length - MOST_DOTS}` : "";
    const text = [more, label || wordsOfGroup(dots)].filter((part) => part !== "").join(" ");
    elements.push(svg("text", { class: "replicas", x: x + 3, y: y + 4 }, text));
    x += 14 + text.length * SMALL_CHARACTER;
  }
  return elements;
}

/** Said beside the dots: all that is not as it should be; else nothing, or how many there are. */
function wordsOfGroup(dots: readonly Dot[]): string {
  const others = dots.filter(({ kind }) => kind !== "good").map(({ word }) => word);
  return others.length > 0
    ? words(others)
    : plural(dots.length, dots.some(({ word }) => word === "serving") ? "peer" : "replica");
}

function dot(word: string): Dot {
  return { kind: word === "stuck" ? "bad" : KINDS[word] ?? "old", word };
}

/** Shapes differ, not only colours. */
function mark(kind: Dot["kind"], x: number, y: number): SVGElement {
  if (kind === "bad") return svg("path", { class: "dot bad", d: `M${x - 3} ${y - 3}l6 6m0 -6l-6 6` });
  return svg("circle", { class: `dot ${kind}`, cx: x, cy: y, r: kind === "good" ? 4 : 3.25 });
}

/** Per second, p50 and p95, and errors; or that there is nothing to do. */
export function figuresOf({ perSecond, p50, p95, errors }: Rate): (SVGElement | string)[] {
  const failed = errors > 0 ? [svg("tspan", { class: "errors", dx: 7 }, `${count(errors)} err`)] : [];
  if (p50 === undefined) return ["idle", ...failed];
  return [
    svg("tspan", { class: "number" }, count(perSecond)),
    "/s",
    svg("tspan", { class: "number", dx: 7 }, `${count(p50)}`),
    `/${count(p95 ?? p50)} ms`,
    ...failed,
  ];
}
