import { type Child, h } from "../dom.ts";
import { clock } from "../format.ts";
import type { LogLines, Row } from "./log_lines.ts";

/** The height of a row, which the style sheet has too. */
const ROW = 20;
/** Rows above and below those that can be seen. */
const MARGIN = 12;

/** Characters of the id of a request that are shown. */
const SHOWN_OF_ID = 8;

const LEVEL_WORDS = { debug: "DEBUG", info: "INFO", warning: "WARN", error: "ERROR" };

/** What a person does in the list. */
export interface LogViewActions {
  readonly onRequest: (id: string) => void;
  readonly onFollow: () => void;
}

/** The rows of the log that can be seen: others are not in the document. */
export class LogView {
  readonly element: HTMLElement;
  readonly #space = h("div", { class: "space" });
  readonly #window = h("div", { class: "window", role: "list", "aria-label": "Lines" });
  #isFollowing = true;
  #isSeen = true;
  #shift = 0;
  /** The rows that are in the document, and what was searched for. */
  #drawn: { readonly search: string; readonly rows: ReadonlyMap<Row, HTMLElement> } = {
    search: "",
    rows: new Map(),
  };

  constructor(private readonly lines: LogLines, private readonly actions: LogViewActions) {
    this.#space.append(this.#window);
    this.element = h(
      "div",
      { class: "lines", tabindex: 0, role: "region", "aria-label": "The log" },
      this.#space,
    );
    this.element.addEventListener("scroll", () => this.#scrolled());
    new IntersectionObserver((entries) => {
      this.#isSeen = entries.some(({ isIntersecting }) => isIntersecting);
      if (this.#isSeen) this.draw();
    }).observe(this.element);
  }

  /** Whether new lines are scrolled to. */
  get isFollowing(): boolean {
    return this.#isFollowing;
  }

  /** Whether it is in the part of the page that is shown. */
  get isSeen(): boolean {
    return this.#isSeen;
  }

  /** Scrolls to new lines, or stays where it is. */
  follow(following: boolean): void {
    this.#isFollowing = following;
    this.actions.onFollow();
  }

  /** Rows were dropped from the begin: what is seen stays where it is. */
  dropped(rows: number): void {
    this.#shift += rows;
  }

  /** Draws the rows that can be seen. */
  draw(): void {
    const { rows } = this.lines;
    const { element } = this;
    // Read before anything is written, so that there is one layout.
    const { clientHeight, scrollTop } = element;
    const end = rows.length * ROW;
    const top = this.#isFollowing ? end - clientHeight : scrollTop - this.#shift * ROW;
    const isMoved = this.#isFollowing || this.#shift > 0;
    this.#shift = 0;
    const first = Math.max(0, Math.floor(top / ROW) - MARGIN);
    const visible = rows.slice(first, first + Math.ceil(clientHeight / ROW) + 2 * MARGIN);
    this.#space.style.height = `${end}px`;
    this.#window.style.transform = `translateY(${first * ROW}px)`;
    this.#window.classList.toggle("with-ids", visible.some(({ line }) => line.request !== undefined));
    this.#drawRows(visible);
    if (isMoved) element.scrollTop = top;
  }

  /** Adds the rows that can be seen now, and removes the others; most stay. */
  #drawRows(visible: readonly Row[]): void {
    const { search } = this.lines.filter;
    const before = this.#drawn.search === search ? this.#drawn.rows : new Map<Row, HTMLElement>();
    const rows = new Map(visible.map((row) => [row, before.get(row) ?? this.#row(row)]));
    const elements = new Set(rows.values());
    for (const element of this.#drawn.rows.values()) if (!elements.has(element)) element.remove();
    let next = this.#window.firstChild;
    for (const element of elements) {
      if (element === next) next = next.nextSibling;
      else this.#window.insertBefore(element, next);
    }
    this.#drawn = { search, rows };
  }

  #scrolled(): void {
    const { scrollTop, clientHeight, scrollHeight } = this.element;
    const isAtEnd = scrollTop + clientHeight >= scrollHeight - ROW / 2;
    if (isAtEnd !== this.#isFollowing) this.follow(isAtEnd);
    else if (!isAtEnd) this.draw();
  }

  #row({ line, text, isFirst }: Row): HTMLElement {
    const { search } = this.lines.filter;
    const { level, name, time, request } = line;
    return h(
      "div",
      { class: `line ${level}`, role: "listitem" },
      h("span", { class: "time" }, isFirst ? clock(time) : ""),
      h("span", { class: "level" }, isFirst ? LEVEL_WORDS[level] : ""),
      h("span", { class: "logger", title: name }, isFirst ? name : ""),
      h(
        "span",
        { class: "id" },
        isFirst && request !== undefined && h("button", {
          type: "button",
          class: "request",
          title: `All lines of the request ${request}`,
          "aria-label": `Request ${request.slice(0, SHOWN_OF_ID)}, all its lines`,
          on: { click: () => this.actions.onRequest(request) },
        }, request.slice(0, SHOWN_OF_ID)),
      ),
      h("span", { class: "message" }, ...marked(text, search)),
    );
  }
}

/** The text with what is searched for marked. */
function marked(text: string, search: string): Child[] {
  if (search === "") return [text];
  const parts: Child[] = [];
  const [lower, part] = [text.toLowerCase(), search.toLowerCase()];
  let from = 0;
  for (let at = lower.indexOf(part); at !== -1; at = lower.indexOf(part, from)) {
    parts.push(text.slice(from, at), h("mark", {}, text.slice(at, at + part.length)));
    from = at + part.length;
  }
  return [...parts, text.slice(from)];
}
