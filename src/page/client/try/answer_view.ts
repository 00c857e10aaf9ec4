import type { PageEventOf } from "../store.ts";
import { type Child, h, svg } from "../dom.ts";
import {
  type Answer,
  type Documents,
  type Failure,
  failureOf,
  type FilePlace,
  type Issue,
  requestOf,
  stationsOf,
} from "./answer.ts";
import { showRequest } from "../log/shown_request.ts";
import { editorLink, placeText } from "../overlay/problems.ts";
import { snippetOf } from "../snippet.ts";
import { documentView, tableView, textView } from "./document_view.ts";
import { isObject, type Json } from "./draft.ts";

/** How many documents are drawn at first, and how many more at a time. */
const STEP = 20;
/** The longest JSON that is shown. */
const MAX_JSON = 200_000;

/** What the view of an answer knows from the events. */
export interface Context {
  /** How a place in a file is opened; empty when it is not known. */
  readonly editor: string;
  /** The errors that handlers throw again and again. */
  readonly troubles: readonly PageEventOf<"trouble">[];
}

/** The status of an answer as one line, such as `200 OK · 3.2 ms`. */
export function statusText({ status, note, ms }: Answer): string {
  return `${[status, note].filter((part) => part !== undefined && part !== "").join(" ")} · ${
    ms.toFixed(1)
  } ms`;
}

/** Whether an answer tells of success. */
export function isGood({ status, note }: Answer): boolean {
  return status !== undefined && status < 400 && note !== "cancelled" && note !== "the stream ended early" &&
    !note.startsWith("no answer");
}

/**
 * Shows an answer.
 *
 * @param issues Those that are not marked at a field.
 */
export function answerView(answer: Answer, issues: readonly Issue[], context: Context): HTMLElement {
  const { rest, docs } = answer;
  const failure = failureOf(answer);
  const request = requestOf(answer);
  const detail = isObject(rest) && typeof rest.detail === "string" ? rest.detail : undefined;
  const root = h(
    "div",
    { class: "try-answer" },
    failure !== undefined && failureView(failure, context.editor),
    detail !== undefined && h("p", { class: "try-bad" }, detail),
    issues.length > 0 && h(
      "ul",
      { class: "try-bad", "aria-label": "Invalid fields" },
      ...issues.slice(0, 100).map(({ steps, message }) => h("li", {}, `${steps.join(".")}: ${message}`)),
    ),
    stationsView(answer),
    request !== undefined &&
      h(
        "button",
        { type: "button", class: "try-log", on: { click: () => showRequest(request) } },
        "Its log lines",
      ),
    docs.count > 0 && documentsView(docs),
    resultsView(rest),
    typeof rest === "string" && textView(rest, { "aria-label": "Answer" }),
    rest !== undefined && typeof rest !== "string" && jsonView(answer),
  );
  explain(root, context);
  return root;
}

function failureView(failure: Failure, editor: string): HTMLElement {
  const { message, executor, place, stack } = failure;
  return h(
    "div",
    { class: "try-failure" },
    h("p", { class: "try-bad" }, message),
    executor !== "" && h("p", {}, "in ", h("code", {}, executor)),
    place !== undefined && h("p", {}, placeView(place, editor)),
    h("div", { class: "try-snippet", data: { message } }),
    stack.length > 0 &&
      h("details", {}, h("summary", {}, "Stack"), textView(stack.join("\n"))),
  );
}

/** Adds the lines around the place of an error, once they are known. */
export function explain(root: HTMLElement, { troubles }: Pick<Context, "troubles">): void {
  for (const part of root.querySelectorAll<HTMLElement>(".try-snippet")) {
    const { message = "" } = part.dataset;
    const trouble = troubles.find(({ error }) => error !== undefined && message.includes(error.message));
    const snippet = trouble?.error?.snippet;
    if (snippet !== undefined) part.replaceChildren(snippetOf(snippet));
  }
}

function placeView(place: FilePlace, editor: string): Child {
  const code = h("code", {}, placeText(place));
  const href = editorLink(editor, place);
  return href === undefined ? code : h("a", { href }, code);
}

/** The width of the chart of stations, in its own units. */
const WIDTH = 200;

function stationsView(answer: Answer): HTMLElement | undefined {
  const stations = stationsOf(answer);
  if (stations.length === 0) return undefined;
  const whole = Math.max(...stations.map(({ from, ms }) => from + ms), 1);
  return h(
    "table",
    { class: "try-stations" },
    h("caption", {}, "Time by station"),
    h(
      "tbody",
      {},
      ...stations.map(({ name, from, ms, failed }) =>
        h(
          "tr",
          { class: failed ? "try-bad" : undefined },
          h("th", { scope: "row" }, name),
          h("td", {}, `${ms} ms${failed ? ", failed" : ""}`),
          h(
            "td",
            { class: "try-bar" },
            svg(
              "svg",
              { viewBox: `0 0 ${WIDTH} 8`, preserveAspectRatio: "none", "aria-hidden": "true" },
              svg("rect", {
                x: from / whole * WIDTH,
                y: 0,
                width: Math.max(ms / whole * WIDTH, 1),
                height: 8,
              }),
            ),
          ),
        )
      ),
    ),
  );
}

/** The documents, a few at a time. */
export function documentsView(docs: Documents): HTMLElement {
  const { kept } = docs;
  const more = h("button", { type: "button", on: { click: () => append() } });
  let shown = 0;
  const append = () => {
    const next = kept.slice(shown, shown += STEP);
    more.before(...next.map(([position, doc]) => documentView(doc, `Document ${position + 1}`)));
    more.textContent = `Show ${Math.min(STEP, kept.length - shown)} more`;
    more.hidden = shown >= kept.length;
  };
  const root = h("div", { class: "try-docs" }, h("h3", {}, countText(docs)), more);
  append();
  return root;
}

/** How many documents there are, and which are kept. */
export function countText(docs: Documents): string {
  const { count } = docs;
  const kept = docs.kept.length;
  const text = `${count.toLocaleString("en")} ${count === 1 ? "document" : "documents"}`;
  return kept < count ? `${text}, of which the first ${kept / 2} and the last ${kept / 2} are kept` : text;
}

function resultsView(rest: unknown): HTMLElement | undefined {
  const parameters = isObject(rest) ? rest.parameters : undefined;
  if (!isObject(parameters) || Object.keys(parameters).length === 0) return undefined;
  const { __results__: results, ...others } = parameters;
  const values: Json = { ...others, ...(isObject(results) ? results : {}) };
  return h(
    "div",
    { class: "try-part" },
    h("h3", {}, results === undefined ? "Parameters" : "Results"),
    tableView(values),
  );
}

/** The JSON of an answer, made when it is opened. */
function jsonView({ rest, docs }: Answer): HTMLElement {
  return h("details", {
    class: "try-json-answer",
    on: {
      toggle: (_, details) => {
        if (!details.open || details.children.length > 1) return;
        const data = docs.kept.map(([, doc]) => doc);
        const text = JSON.stringify(isObject(rest) && docs.count > 0 ? { ...rest, data } : rest, null, 2);
        const cut = text.length > MAX_JSON;
        details.append(
          h("pre", { tabindex: "0", "aria-label": "Answer, JSON" }, text.slice(0, MAX_JSON)),
          cut ? `${(text.length - MAX_JSON).toLocaleString("en")} more characters are not shown` : "",
        );
      },
    },
  }, h("summary", {}, "JSON"));
}
