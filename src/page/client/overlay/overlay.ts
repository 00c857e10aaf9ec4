import { h } from "../dom.ts";
import { atNextFrame } from "../frame.ts";
import { clock } from "../format.ts";
import { snippetOf } from "../snippet.ts";
import type { Live, PageEvent } from "../store.ts";
import { editorLink, isSame, type Place, placeText, type Problem, Problems } from "./problems.ts";

/** How long a click on a place is confirmed. */
const CONFIRM_MS = 1500;
/** The icon of the tab, without and with problems, and while they are not known. */
const ICONS = { good: "#2e9e5b", bad: "#d6382c", paused: "#8a8f98" };

/**
 * What is wrong, over the lower edge of the page: not modal, and it never takes the focus. It can be folded into a bar,
 * and goes away with the problems.
 */
export function overlay(live: Live): HTMLElement {
  const overlay = new Overlay();
  live.on((event) => overlay.take(event, live.status));
  // Until it is connected again, nothing more is known.
  live.onState((state) => state !== "connecting" && overlay.setPaused(state === "paused"));
  return overlay.element;
}

class Overlay {
  readonly element: HTMLElement;
  readonly #problems = new Problems();
  readonly #alert = h("p", { class: "hidden", role: "alert" });
  readonly #title = h("span", { class: "title" });
  readonly #fold = h("button", {
    type: "button",
    "aria-expanded": "true",
    on: { click: () => this.#setFolded(!this.#list.hidden) },
  }, "Fold");
  readonly #list = h("div", { class: "problems" });
  readonly #box = h(
    "section",
    { class: "overlay", "aria-label": "Problems", hidden: true },
    h("div", { class: "bar" }, this.#title, this.#fold),
    this.#list,
  );
  readonly #draw = atNextFrame(() => this.#drawNow());
  #editor = "";
  #shown: readonly Problem[] = [];
  #isPaused = false;

  constructor() {
    this.element = h("div", {}, this.#alert, this.#box);
    new ResizeObserver(() => this.#leaveRoom()).observe(this.#box);
    this.#drawTab();
  }

  /** Takes an event, and the status after it. */
  take(event: PageEvent, status: Live["status"]): void {
    if (event.kind === "hello") this.#editor = event.editor;
    if (this.#problems.take(event, status)) this.#draw();
  }

  /** Says in the tab what is wrong, or that it is not known at the moment. */
  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#drawTab();
  }

  #setFolded(isFolded: boolean): void {
    this.#list.hidden = isFolded;
    this.#fold.textContent = isFolded ? "Unfold" : "Fold";
    this.#fold.setAttribute("aria-expanded", String(!isFolded));
  }

  /** What the overlay covers can be scrolled to above it. */
  #leaveRoom(): void {
    const height = this.#box.hidden ? "" : `${this.#box.offsetHeight}px`;
    document.body.style.paddingBottom = height;
    document.documentElement.style.scrollPaddingBottom = height;
  }

  #drawNow(): void {
    const { all } = this.#problems;
    if (isSame(all, this.#shown)) return;
    this.#announce(all);
    this.#shown = all;
    const isGood = all.length === 0;
    this.#box.hidden = isGood;
    this.#title.textContent = all.length === 1
      ? all[0].title
      : `${all.length} problems: ${all[0]?.title ?? ""}`;
    keepFocus(
      this.#list,
      () => this.#list.replaceChildren(...all.map((problem) => card(problem, this.#editor))),
    );
    this.#drawTab();
  }

  #drawTab(): void {
    const { length } = this.#isPaused ? [] : this.#shown;
    document.title = length === 0 ? "hotflow" : `(${length}) hotflow`;
    setIcon(this.#isPaused ? ICONS.paused : length === 0 ? ICONS.good : ICONS.bad);
  }

  /** Says what is new. The load and the status after it tell of the same error, which is said once. */
  #announce(all: readonly Problem[]): void {
    const isKnown = ({ key, message }: Problem) =>
      this.#shown.some((old) => old.key === key && old.message === message);
    const fresh = all.filter((problem) => !isKnown(problem));
    if (fresh.length === 0 && all.length > 0) return;
    this.#alert.textContent = fresh.map(({ title, message }) => `${title}: ${message}`).join(". ");
  }
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
      { class: "details", "aria-label": "Other problems" },
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

/** Draws again without taking the focus away from a button of a problem that stays. */
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
