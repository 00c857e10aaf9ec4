import { h } from "../dom.ts";
import { atNextFrame } from "../frame.ts";
import { clock, duration, plural } from "../format.ts";
import type { Live, PageEvent } from "../store.ts";
import { type Filter, type LogLine, LogLines } from "./log_lines.ts";
import { LogView } from "./log_view.ts";
import { onShowRequest } from "./shown_request.ts";

/** Lines may come by the thousand, faster than a person reads. */
const PAUSE_MS = 250;
/** While the list is out of sight. */
const UNSEEN_PAUSE_MS = 1000;
const LEVELS = {
  debug: "all levels",
  info: "info and above",
  warning: "warnings and errors",
  error: "errors",
};

/** The log: live, by Executor, level and text, with the lines of one request together. */
export function logPanel(live: Live): HTMLElement {
  const panel = new LogPanel();
  live.on((event) => panel.take(event));
  onShowRequest((id) => panel.showRequest(id));
  return panel.element;
}

class LogPanel {
  readonly element: HTMLElement;
  readonly #lines = new LogLines();
  readonly #view = new LogView(this.#lines, {
    onRequest: (request) => this.#change({ request }),
    onFollow: () => this.#draw(),
  });
  readonly #name = h("select", {
    "aria-label": "Executor",
    on: { change: (_, own) => this.#change({ name: own.value }) },
  });
  readonly #level = h(
    "select",
    {
      "aria-label": "Level",
      on: { change: (_, own) => this.#change({ level: own.value as Filter["level"] }) },
    },
    ...Object.entries(LEVELS).map(([value, text]) => h("option", { value }, text)),
  );
  readonly #search = h("input", {
    type: "search",
    "aria-label": "Search the log",
    placeholder: "Search",
    spellcheck: "false",
    on: { input: (_, own) => this.#change({ search: own.value }) },
  });
  readonly #request = h("button", {
    type: "button",
    class: "request",
    hidden: true,
    on: { click: () => this.#change({ request: "" }) },
  });
  readonly #follow = h("button", {
    type: "button",
    on: { click: () => this.#view.follow(!this.#view.isFollowing) },
  });
  readonly #counts = h("span", { class: "counts" });
  readonly #draw = atNextFrame(
    () => this.#drawNow(),
    () => this.#view.isSeen ? PAUSE_MS : UNSEEN_PAUSE_MS,
  );
  #boot?: string;

  constructor() {
    const clear = h("button", { type: "button", on: { click: () => this.#clear() } }, "Clear");
    const space = h("span", { class: "space" });
    this.element = h(
      "div",
      { class: "panel log" },
      h(
        "div",
        { class: "tools" },
        this.#name,
        this.#level,
        this.#search,
        this.#request,
        space,
        this.#counts,
        clear,
        this.#follow,
      ),
      this.#view.element,
    );
  }

  /** Takes an event, if it has a place in the log. */
  take(event: PageEvent): void {
    if (event.kind === "hello") {
      // The same process sends everything again when it no longer has what was missed; another one adds to what was there.
      if (event.boot === this.#boot) this.#clear();
      else if (this.#boot !== undefined) this.#add(restartLine(event.at));
      this.#boot = event.boot;
      for (const line of event.log) this.#add(line);
    } else {
      const line = lineOf(event);
      if (line === undefined) return;
      this.#add(line);
    }
    this.#draw();
  }

  /** Leads to the lines of a request. */
  showRequest(request: string): void {
    this.#change({ request, name: "", level: "debug", search: "" });
    this.#name.value = this.#search.value = "";
    this.#level.value = "debug";
    this.element.closest("section")?.scrollIntoView();
    this.#view.element.focus({ preventScroll: true });
  }

  #add(line: LogLine): void {
    this.#view.dropped(this.#lines.take(line));
  }

  #clear(): void {
    this.#lines.clear();
    this.#view.follow(true);
  }

  #change(part: Partial<Filter>): void {
    this.#lines.filter = { ...this.#lines.filter, ...part };
    this.#view.follow(true);
  }

  #drawNow(): void {
    const { rows, count, names, filter } = this.#lines;
    this.#drawNames([...new Set([...names, filter.name])].filter(Boolean), filter.name);
    this.#request.hidden = filter.request === "";
    this.#request.textContent = `request ${filter.request} ✕`;
    this.#request.title = "Show the lines of all requests";
    this.#follow.textContent = this.#view.isFollowing ? "Pause" : "Follow";
    const shown = rows.reduce((sum, { isFirst }) => sum + Number(isFirst), 0);
    this.#counts.textContent = shown === count
      ? plural(count, "line")
      : `${shown} of ${plural(count, "line")}`;
    this.#view.draw();
  }

  /** The names to choose from; a list that is open is left alone as long as they are the same. */
  #drawNames(names: readonly string[], chosen: string): void {
    const drawn = [...this.#name.options].map(({ value }) => value).join("\n");
    if (drawn === ["", ...names].join("\n")) return;
    const option = (value: string, text = value) => h("option", { value }, text);
    this.#name.replaceChildren(option("", "everything"), ...names.map((name) => option(name)));
    this.#name.value = chosen;
  }
}

/** An event as a line of the log, if it has a place there. */
function lineOf(event: PageEvent): LogLine | undefined {
  if (event.kind === "log") return event;
  if (event.kind !== "stream") return undefined;
  const { state, endpoint, outcome, ms, at, request } = event;
  const end = `${outcome ?? ""}${ms === undefined ? "" : ` after ${duration(ms)}`}`.trim();
  return {
    kind: "log",
    level: outcome !== undefined && /err|fail/i.test(outcome) ? "error" : "info",
    name: "gateway",
    message: state === "begun"
      ? `stream of ${endpoint} has begun`
      : `stream of ${endpoint} has ended: ${end}`,
    time: at,
    request,
  };
}

function restartLine(time: string): LogLine {
  const message = `the process was restarted at ${clock(time)}`;
  return { kind: "log", level: "warning", name: "page", message, time };
}
