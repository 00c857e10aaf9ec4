import { h } from "./dom.ts";

/** The source, the line with the mistake and the caret below it marked. */
export function snippetOf(snippet: string): HTMLElement {
  const lines = snippet.split("\n");
  const caret = lines.findIndex((line) => /^\s*\|\s*\^/.test(line));
  return h(
    "pre",
    { class: "snippet", tabindex: 0, role: "group", "aria-label": "Source" },
    ...lines.map((line, at) =>
      h("span", { class: at === caret ? "caret" : at === caret - 1 ? "mistake" : "line" }, `${line}\n`)
    ),
  );
}
