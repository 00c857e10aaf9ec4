import { h, svg } from "./dom.ts";
import { clock } from "./format.ts";
import type { Live } from "./store.ts";

const STATES = {
  connecting: "connecting",
  open: "live",
  lost: "connection lost, trying again",
  paused: "paused while the tab is hidden",
};

/** The parts that the header links to, by the id of their section. */
export const PARTS = {
  topology: "Topology",
  versions: "Versions",
  figures: "Figures",
  try: "Try it",
  log: "Log",
} as const;

/** The header: the process, the state of the connection, and links to the parts of the page. */
export function header(live: Live): HTMLElement {
  const state = h("span", { class: "state" });
  const restart = h("span", { class: "restart" });
  const facts = h("p", { class: "facts" });
  let boot: string | undefined;
  live.onState((now) => {
    state.textContent = STATES[now];
    state.dataset.state = now;
    // What is shown is no longer what is.
    document.body.classList.toggle("lost", now === "lost");
  });
  live.on((event) => {
    if (event.kind !== "hello") return;
    const { process, at, status } = event;
    if (boot !== undefined && boot !== event.boot) restart.textContent = `restarted at ${clock(at)}`;
    boot = event.boot;
    const ports = status.ports.map(({ protocol, port }) => `${protocol} :${port}`);
    facts.replaceChildren(
      ...[`hotflow ${process.hotflow}`, process.runtime, `pid ${process.pid}`, ...ports]
        .map((fact) => h("span", {}, fact)),
    );
  });
  return h(
    "header",
    { class: "top" },
    h("a", { class: "skip", href: "#topology" }, "Skip to the topology"),
    h("h1", {}, mark(), "hotflow"),
    h("p", { class: "connection", role: "status" }, state, restart),
    facts,
    h(
      "nav",
      { "aria-label": "Parts of the page" },
      h(
        "ul",
        {},
        ...Object.entries(PARTS).map(([id, name]) => h("li", {}, h("a", { href: `#${id}` }, name))),
      ),
    ),
  );
}

function mark(): SVGElement {
  return svg(
    "svg",
    { class: "mark", viewBox: "0 0 16 16", "aria-hidden": "true" },
    svg("path", { d: "M2 5h6a3 3 0 0 1 3 3v0a3 3 0 0 0 3 3M2 11h4" }),
    svg("circle", { cx: 2.6, cy: 5, r: 1.8 }),
    svg("circle", { cx: 2.6, cy: 11, r: 1.8 }),
    svg("circle", { cx: 13.4, cy: 11, r: 1.8 }),
  );
}
