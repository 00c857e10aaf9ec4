import { h } from "./dom.ts";
import { figures } from "./figures/figures.ts";
import { header, PARTS } from "./header.ts";
import { LiveEvents } from "./live.ts";
import { logPanel } from "./log/log_panel.ts";
import { overlay } from "./overlay/overlay.ts";
import { topology } from "./topology/topology.ts";
import { tryPanel } from "./try/try_panel.ts";
import { versions } from "./versions/versions.ts";

/** A part of the page, which the header links to. */
function part(id: keyof typeof PARTS, content: HTMLElement): HTMLElement {
  const heading = h("h2", { id: `${id}-title` }, PARTS[id]);
  return h("section", { id, "aria-labelledby": heading.id, tabindex: -1 }, heading, content);
}

const live = new LiveEvents();
document.body.replaceChildren(
  header(live),
  h(
    "main",
    {},
    part("topology", topology(live)),
    part("versions", versions(live)),
    part("figures", figures(live)),
    part("try", tryPanel(live)),
    part("log", logPanel(live)),
  ),
  overlay(live),
);
// The parts did not exist yet when the browser looked for the one that the address names.
document.getElementById(location.hash.slice(1).split(/[/=]/)[0])?.scrollIntoView();
live.start();
