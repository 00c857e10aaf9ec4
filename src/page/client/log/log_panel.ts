import { h } from "../dom.ts";
import { atNextFrame } from "../frame.ts";
import { clock, duration } from "../format.ts";
import type { Live, PageEvent } from "../store.ts";
import { type Filter, type LogLine, LogLines } from "./log_lines.ts";
import { LogView } from "./log_view.ts";

const LEVELS = {
  debug: "all levels",
  info: "info and above",
  warning: "warnings and errors",
  error: "errors",
};

/** The log: live, by Executor, level and text, with the lines of one request together. */
export function logPanel(live: Live): HTMLElement {
  const lines = new LogLines();
  const view = new LogView(lines, { onRequest: (request) => change({ request }), onFollow: () => draw() });
  const name = h("select", {
    "aria-label": "Executor",
    on: { change: (_, own) => change({ name: own.value }) },
  });
  const level = h(
    "select",
    { "aria-label": "Level", on: { change: (_, own) => change({ level: own.value as Filter["level"] }) } },
    ...Object.entries(LEVELS).map(([value, text]) => h("option", { value }, text)),
  );
  const search = h("input", {
    type: "search",
    "aria-label": "Search the log",
    placeholder: "Search",
    spellcheck: "false",
    on: { input: (_, own) => change({ search: own.value }) },
  });
  const request = h("button", {
    type: "button",
    class: "request",
    hidden: true,
    on: { click: () => change({ request: "" }) },
  });
  const follow = h("button", { type: "button", on: { click: () => view.follow(!view.isFollowing) } });
  const clear = h(
    "button",
    { type: "button", on: { click: () => change({}, () => lines.clear()) } },
    "Clear",
  );
  const counts = h("span", { class: "counts" });
  const change = (part: Partial<Filter>, first: () => void = () => {}) => {
    first();
    lines.filter = { ...lines.filter, ...part };
    view.follow(true);
  };
  let names = "";
  const draw = atNextFrame(() => {
    if (names !== lines.names.join()) {
      names = lines.names.join();
      name.replaceChildren(
        h("option", { value: "" }, "everything"),
        ...[...new Set([...lines.names, lines.filter.name])].filter(Boolean).map((each) =>
          h("option", { value: each }, each)
        ),
      );
      name.value = lines.filter.name;
    }
    request.hidden = lines.filter.request === "";
    request.textContent = `request ${lines.filter.request} ✕`;
    request.setAttribute("aria-label", `Show the lines of all requests, not only of ${lines.filter.request}`);
    follow.textContent = view.isFollowing ? "Pause" : "Follow";
    const shown = lines.rows.reduce((sum, { isFirst }) => sum + Number(isFirst), 0);
    counts.textContent = shown === lines.count ? `${shown} lines` : `${shown} of ${lines.count} lines`;
    view.draw();
  });
  let boot: string | undefined;
  live.on((event) => {
    if (event.kind === "hello") {
      // The same process begins anew when it no longer has what was missed; another one adds to what was there.
      if (event.boot === boot) change({}, () => lines.clear());
      else if (boot !== undefined) lines.take(note(event.at, "the process was restarted", "warning"));
      boot = event.boot;
      for (const line of event.log) view.dropped(lines.take(line));
    } else {
      const line = lineOf(event);
      if (line === undefined) return;
      view.dropped(lines.take(line));
    }
    draw();
  });
  return h(
    "div",
    { class: "panel log" },
    h(
      "div",
      { class: "tools" },
      name,
      level,
      search,
      request,
      h("span", { class: "space" }),
      counts,
      clear,
      follow,
    ),
    view.element,
  );
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

function note(time: string, message: string, level: LogLine["level"]): LogLine {
  return { kind: "log", level, name: "page", message: `${message} at ${clock(time)}`, time };
}
