import { h } from "../dom.ts";
import { atNextFrame } from "../frame.ts";
import { clock } from "../format.ts";
import { snippetOf } from "../snippet.ts";
import type { Live } from "../store.ts";
import { editorLink, isSame, type Place, placeText, type Problem, Problems } from "./problems.ts";

/** How long a click on a place is confirmed. */
const CONFIRM_MS = 1500;
/** The icon of the tab, without and with problems. */
const ICONS = { good: "#2e9e5b", bad: "#d6382c" };

/**
 * What is wrong, over the lower edge of the page: not modal, and it never takes the focus. It can be folded into a bar,
 * and goes away with the problems.
 */
export function overlay(live: Live): HTMLElement {
  const problems = new Problems();
  const alert = h("p", { class: "hidden", role: "alert" });
  const list = h("div", { class: "problems" });
  const title = h("span", { class: "title" });
  const fold = h("button", {
    type: "button",
    "aria-expanded": "true",
    on: { click: () => setFolded(!isFolded) },
  }, "Fold");
  const box = h(
    "section",
    { class: "overlay", "aria-label": "Problems", hidden: true },
    h("div", { class: "bar" }, title, fold),
    list,
  );
  let editor = "";
  let isFolded = false;
  let shown: readonly Problem[] = [];
  const setFolded = (folded: boolean) => {
    isFolded = folded;
    list.hidden = folded;
    fold.textContent = folded ? "Unfold" : "Fold";
    fold.setAttribute("aria-expanded", String(!folded));
    leaveRoom();
  };
  // What the overlay covers can be scrolled to above it.
  const leaveRoom = () => {
    document.body.style.paddingBottom = box.hidden ? "" : `${box.offsetHeight}px`;
    document.documentElement.style.scrollPaddingBottom = document.body.style.paddingBottom;
  };
  const draw = atNextFrame(() => {
    const { all } = problems;
    if (isSame(all, shown)) return;
    // The load and the status after it tell of the same error: it is announced once.
    const fresh = all.filter((problem) =>
      !shown.some((old) => old.key === problem.key && old.message === problem.message)
    );
    if (fresh.length > 0) {
      alert.textContent = fresh.map(({ title, message }) => `${title}: ${message}`).join(". ");
    } else if (all.length === 0) alert.textContent = "";
    shown = all;
    box.hidden = all.length === 0;
    title.textContent = all.length === 1 ? all[0].title : `${all.length} problems: ${all[0]?.title ?? ""}`;
    keepFocus(list, () => list.replaceChildren(...all.map((problem) => card(problem, editor))));
    document.title = all.length === 0 ? "hotflow" : `(${all.length}) hotflow`;
    setIcon(all.length === 0 ? ICONS.good : ICONS.bad);
    leaveRoom();
  });
  setIcon(ICONS.good);
  new ResizeObserver(leaveRoom).observe(box);
  live.on((event) => {
    if (event.kind === "hello") editor = event.editor;
    if (problems.take(event, live.status)) draw();
  });
  return h("div", { class: "overlay-root" }, alert, box);
}

function card(problem: Problem, editor: string): HTMLElement {
  const { title, name, message, causes, place, snippet, since, meanwhile, details } = problem;
  return h(
    "article",
    { "aria-label": title },
    h("h2", {}, title),
    h("p", { class: "since" }, `since ${clock(since)}`, meanwhile === undefined ? "" : ` · ${meanwhile}`),
    h("p", { class: "message" }, name && h("b", {}, `${name}: `), message),
    place && placeLine(place, editor),
    snippet !== undefined && snippetOf(snippet),
    causes.length > 0 &&
      h(
        "ul",
        { class: "causes", "aria-label": "Causes" },
        ...causes.map((cause) => h("li", {}, "caused by ", cause)),
      ),
    details.length > 0 && h(
      "ul",
      { class: "details", "aria-label": "All problems" },
      ...details.map(({ text, place }) => h("li", {}, h("span", {}, text), placeLine(place, editor))),
    ),
  );
}

/** The place, which a click copies, and a link that opens it in the editor. */
function placeLine(place: Place, editor: string): HTMLElement {
  const text = placeText(place);
  const link = editorLink(editor, place);
  const copy = h("button", {
    type: "button",
    class: "place",
    title: "Copy the place",
    on: { click: () => copied() },
  }, text);
  const said = h("span", { class: "said", role: "status" });
  const copied = async () => {
    said.textContent = await copyText(text) ? "copied" : "cannot copy: the browser refuses";
    setTimeout(() => said.textContent = "", CONFIRM_MS);
  };
  return h(
    "p",
    { class: "at" },
    copy,
    link !== undefined &&
      h(
        "a",
        { href: link, class: "open", "aria-label": `Open in the editor: ${text}` },
        "Open in the editor",
      ),
    said,
  );
}

/** Pages from other machines have no clipboard: there it is copied as a selection is. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = h("textarea", { class: "hidden", "aria-hidden": "true" }, text);
    const focused = document.activeElement;
    document.body.append(field);
    field.select();
    const isCopied = document.execCommand("copy");
    field.remove();
    if (focused instanceof HTMLElement) focused.focus();
    return isCopied;
  }
}

/** Draws anew without taking the focus away from a button of a problem that stays. */
function keepFocus(list: HTMLElement, draw: () => void): void {
  const focusable = () => [...list.querySelectorAll<HTMLElement>("button, a, pre")];
  const at = focusable().indexOf(document.activeElement as HTMLElement);
  draw();
  if (at !== -1) focusable()[at]?.focus();
}

function setIcon(colour: string): void {
  const drawing =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6" fill="${colour}"/></svg>`;
  document.querySelector<HTMLLinkElement>("link[rel=icon]")?.setAttribute(
    "href",
    `data:image/svg+xml,${encodeURIComponent(drawing)}`,
  );
}
