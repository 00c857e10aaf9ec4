import { type Child, h, svg } from "../dom.ts";
import { isObject, type Json } from "./draft.ts";
import { bytesIn } from "./field_input.ts";
import { numbersIn, shapeOf, short, sparkline } from "./sparkline.ts";

/** How many characters of a text are shown at first, and at most. */
const TEXT_SHOWN = 2_000;
const TEXT_MAX = 200_000;
/** How many rows a table has, and how many nested documents are shown. */
const MAX_ROWS = 100;
const MAX_NESTED = 20;
/** The longest base64 text that is shown as an image. */
const MAX_IMAGE = 12_000_000;

/** Shows a document of an answer. */
export function documentView(document: unknown, title: string): HTMLElement {
  if (!isObject(document)) {
    return h("article", { class: "try-doc" }, h("h4", {}, title), textView(jsonOf(document)));
  }
  const { id, ...fields } = document;
  return h(
    "article",
    { class: "try-doc" },
    h(
      "h4",
      {},
      title,
      id !== undefined && h("code", { class: "try-id", title: "id" }, String(id).slice(0, 100)),
    ),
    ...fieldViews(fields, title),
  );
}

type View = (value: unknown, document: Json, title: string) => Child;

/** How the fields of a Document are shown when they have the type that they have there. */
const VIEWS: Readonly<Record<string, View>> = {
  text: (value) => typeof value === "string" && textView(value),
  tags: (value) => isObject(value) && tableView(value),
  embedding: (value) => Array.isArray(value) && arrayView(value, "embedding"),
  tensor: (value) => Array.isArray(value) && arrayView(value, "tensor"),
  blob: (value, document, title) => typeof value === "string" && blobView(value, document, title),
  uri: (value, _, title) => typeof value === "string" && uriView(value, title),
  scores: (value) => isObject(value) && tableView(scoresOf(value)),
  evaluations: (value) => isObject(value) && tableView(scoresOf(value)),
  chunks: (value, _, title) => Array.isArray(value) && nestedView(value, `${title}, chunk`),
  matches: (value, _, title) => Array.isArray(value) && nestedView(value, `${title}, match`),
};

function fieldViews(document: Json, title: string): Child[] {
  const known = Object.keys(VIEWS).filter((name) => document[name] !== undefined);
  const views = known.map((name) => [name, VIEWS[name]?.(document[name], document, title)] as const);
  const others = Object.entries(document).filter(([name]) =>
    !views.some(([own, view]) => own === name && view)
  );
  return [
    ...views.flatMap(([name, view]) =>
      view ? [h("div", { class: "try-part" }, h("h5", {}, name), view)] : []
    ),
    others.length > 0 && tableView(Object.fromEntries(others)),
  ];
}

/** A text, of which a long one is cut until it is asked for. */
export function textView(text: string, attributes: Record<string, string> = {}): HTMLElement {
  const pre = h("pre", { ...attributes, tabindex: "0" }, text.slice(0, TEXT_SHOWN));
  if (text.length <= TEXT_SHOWN) return pre;
  const more = h("button", {
    type: "button",
    on: {
      click: () => {
        pre.textContent = text.slice(0, TEXT_MAX);
        more.replaceWith(
          text.length > TEXT_MAX ? `${lengthText(text.length - TEXT_MAX)} more are not shown` : "",
        );
        pre.focus();
      },
    },
  }, `Show all ${lengthText(text.length)}`);
  return h("div", {}, pre, more);
}

function lengthText(length: number): string {
  return `${length.toLocaleString("en")} characters`;
}

/** A value as text: on one line where it is short. */
function jsonOf(value: unknown): string {
  if (typeof value === "string") return value;
  const line = JSON.stringify(value) ?? "";
  return line.length <= 80 ? line : JSON.stringify(value, null, 1);
}

/** Values by name as a table. */
export function tableView(values: Json): HTMLElement {
  const entries = Object.entries(values);
  return h(
    "table",
    {},
    h(
      "tbody",
      {},
      ...entries.slice(0, MAX_ROWS).map(([name, value]) =>
        h("tr", {}, h("th", { scope: "row" }, name.slice(0, 200)), h("td", {}, cellOf(value)))
      ),
      entries.length > MAX_ROWS &&
        h("tr", {}, h("td", { colspan: 2 }, `${entries.length - MAX_ROWS} more`)),
    ),
  );
}

function cellOf(value: unknown): Child {
  const text = jsonOf(value);
  return text.length > 80 || text.includes("\n") ? textView(text) : text;
}

/** Each score as its value, where it has nothing else. */
function scoresOf(scores: Json): Json {
  return Object.fromEntries(
    Object.entries(scores).map(([name, score]) => {
      const isBare = isObject(score) && Object.keys(score).length === 1 && "value" in score;
      return [name, isBare ? score.value : score];
    }),
  );
}

const WIDTH = 240;
const HEIGHT = 36;

function arrayView(value: readonly unknown[], name: string): HTMLElement {
  const shape = shapeOf(value);
  const numbers = numbersIn(value);
  const line = sparkline(numbers, WIDTH, HEIGHT);
  const size = `${shape.length === 1 ? "length" : "shape"} ${shape.join(" × ")}`;
  const text = line === undefined ? size : `${size}, min ${short(line.min)}, max ${short(line.max)}`;
  return h(
    "div",
    { class: "try-array" },
    name === "embedding" && line !== undefined && svg(
      "svg",
      {
        class: "try-sparkline",
        viewBox: `0 -2 ${WIDTH} ${HEIGHT + 4}`,
        role: "img",
        "aria-label": `embedding: ${text}`,
      },
      svg("polyline", { points: line.points, fill: "none" }),
    ),
    h("span", {}, text),
    h("code", {}, numbers.slice(0, 8).map(short).join(", ") + (numbers.length > 8 ? ", …" : "")),
  );
}

/** The first characters of images as base64. */
const MAGIC: readonly (readonly [start: string, type: string])[] = [
  ["iVBORw0KGgo", "image/png"],
  ["/9j/", "image/jpeg"],
  ["R0lGOD", "image/gif"],
  ["UklGR", "image/webp"],
];

function blobView(blob: string, { mime_type }: Json, title: string): HTMLElement {
  const given = typeof mime_type === "string" ? mime_type : "";
  const found = MAGIC.find(([start]) => blob.startsWith(start))?.[1] ?? "";
  const type = given.startsWith("image/") ? given : found;
  const isImage = /^image\/[\w.+-]+$/.test(type) && blob.length <= MAX_IMAGE;
  const text = [`${bytesIn(blob).toLocaleString("en")} bytes`, given || found].filter(Boolean).join(", ");
  return h(
    "div",
    { class: "try-blob" },
    isImage && h("img", { src: `data:${type};base64,${blob}`, alt: `The blob of ${title.toLowerCase()}` }),
    h("span", {}, text),
    !isImage && h("code", {}, blob.slice(0, 60) + (blob.length > 60 ? "…" : "")),
  );
}

function uriView(uri: string, title: string): HTMLElement {
  if (!/^data:image\/[\w.+-]+[;,]/.test(uri) || uri.length > MAX_IMAGE) return textView(uri);
  const text = `data URI, ${lengthText(uri.length)}`;
  return h(
    "div",
    { class: "try-blob" },
    h("img", { src: uri, alt: `The image at the URI of ${title.toLowerCase()}` }),
    h("span", {}, text),
  );
}

/** Nested documents, drawn when they are opened. */
function nestedView(documents: readonly unknown[], title: string): HTMLElement {
  const { length } = documents;
  return h(
    "details",
    {
      on: {
        toggle: (_, details) => {
          if (!details.open || details.children.length > 1) return;
          details.append(
            ...documents.slice(0, MAX_NESTED).map((one, index) => documentView(one, `${title} ${index + 1}`)),
            length > MAX_NESTED ? `${length - MAX_NESTED} more are in the JSON` : "",
          );
        },
      },
    },
    h("summary", {}, `${length} ${length === 1 ? "document" : "documents"}`),
  );
}
