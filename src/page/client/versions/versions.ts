import { h } from "../dom.ts";
import { atNextFrame } from "../frame.ts";
import { baseName, clock, duration } from "../format.ts";
import type { Live } from "../store.ts";
import { loadCard } from "./load_card.ts";
import { keyOf, type Load, Loads } from "./loads.ts";

/** Marks of one Executor that are shown. */
const MOST_MARKS = 24;
/** Changes of the Flow's YAML that are shown. */
const MOST_CHANGES = 5;

/** The timeline: for each Executor its loads as a row of marks, and the chosen one, or the newest, in full. */
export function versions(live: Live): HTMLElement {
  const loads = new Loads();
  const card = h("div", { class: "card-of-load" });
  const rows = h("div", { class: "rows" });
  const yaml = h("ul", { class: "yaml-changes", "aria-label": "Changes of the Flow's YAML" });
  const views = new Map<string, Row>();
  let chosen: string | undefined;
  let shown: string | undefined;
  const choose = (load: Load) => {
    chosen = loads.last === load ? undefined : keyOf(load);
    draw();
  };
  const draw = atNextFrame(() => {
    const all = loads.names.flatMap((name) => loads.of(name));
    const load = all.find((load) => keyOf(load) === chosen) ?? loads.last;
    const key = load && keyOf(load);
    if (key !== shown) card.replaceChildren(load ? loadCard(load) : h("p", {}, "No version was loaded yet."));
    shown = key;
    const names = loads.names;
    for (const [name, row] of views) {
      if (names.includes(name)) continue;
      row.element.remove();
      views.delete(name);
    }
    for (const name of names) {
      const row = views.get(name) ?? new Row(name, choose);
      if (!views.has(name)) rows.append(row.element);
      views.set(name, row);
      row.draw(loads.of(name).slice(-MOST_MARKS), pendingText(loads, name), key);
    }
    const changes = live.status?.history?.slice(-MOST_CHANGES).reverse() ?? [];
    yaml.hidden = changes.length === 0;
    yaml.replaceChildren(
      ...changes.map(({ at, ms, changes }) =>
        h("li", {}, `${clock(at)} YAML: ${changes?.join(", ") ?? "could not be applied"}, ${duration(ms)}`)
      ),
    );
  });
  const follow = () => {
    const name = named("versions");
    const last = name === undefined ? undefined : loads.of(name).at(-1);
    if (last === undefined) return;
    chosen = keyOf(last);
    draw();
    card.closest("section")?.scrollIntoView();
    card.focus();
  };
  addEventListener("hashchange", follow);
  live.on((event) => {
    if (event.kind === "hello") loads.reset(event);
    else if (event.kind === "changed") loads.expect(event);
    else if (event.kind === "load") {
      loads.take(event);
      // The newest save is what one looks for.
      chosen = undefined;
    } else if (event.kind === "reverted") loads.drop(event.deployment);
    else if (event.kind === "status") loads.keep(event.status.deployments.map(({ name }) => name));
    else return;
    draw();
  });
  card.tabIndex = -1;
  return h("div", { class: "panel versions" }, card, rows, yaml);
}

/** What the address names in a part of the page: `#versions/encoder`. */
function named(part: string): string | undefined {
  const [id, name] = location.hash.slice(1).split("/");
  return id === part && name !== undefined ? decodeURIComponent(name) : undefined;
}

function pendingText(loads: Loads, name: string): string {
  const pending = loads.pendingOf(name);
  return pending === undefined
    ? ""
    : `${pending.files.map(baseName).join(", ")} saved at ${clock(pending.at)}, loading`;
}

/** The loads of one Executor. One mark is in the tab order; the arrow keys lead to the others. */
class Row {
  readonly element: HTMLElement;
  readonly #marks = h("div", { class: "marks" });
  readonly #pending = h("span", { class: "pending" });
  #loads: readonly Load[] = [];
  #drawn = "";

  constructor(name: string, private readonly choose: (load: Load) => void) {
    this.#marks.setAttribute("role", "toolbar");
    this.#marks.setAttribute("aria-label", `Versions of ${name}`);
    this.#marks.addEventListener("keydown", (event) => this.#move(event));
    this.element = h(
      "div",
      { class: "row" },
      h("span", { class: "name", title: name }, name),
      this.#marks,
      this.#pending,
    );
  }

  draw(loads: readonly Load[], pending: string, chosen: string | undefined): void {
    this.#pending.textContent = pending;
    const drawn = JSON.stringify([loads.map(keyOf), loads.some((load) => keyOf(load) === chosen) && chosen]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#loads = loads;
    const focused = [...this.#marks.children].indexOf(document.activeElement as Element);
    const tabbable = Math.max(loads.findIndex((load) => keyOf(load) === chosen), -1);
    this.#marks.replaceChildren(...loads.map((load, at) => {
      const text = load.error ? `✕ ${load.version}` : `v${load.version}`;
      return h("button", {
        type: "button",
        class: load.error ? "mark failed" : "mark",
        tabindex: at === (tabbable === -1 ? loads.length - 1 : tabbable) ? 0 : -1,
        "aria-pressed": String(keyOf(load) === chosen),
        "aria-label": `${text}${load.error ? ", failed" : ""}, ${clock(load.at)}`,
        title: `${clock(load.at)} · ${load.cause} · ${duration(load.ms)}`,
        on: { click: () => this.choose(load) },
      }, text);
    }));
    if (focused !== -1) (this.#marks.children[Math.min(focused, loads.length - 1)] as HTMLElement)?.focus();
    this.#marks.scrollLeft = this.#marks.scrollWidth;
  }

  #move(event: KeyboardEvent): void {
    const at = [...this.#marks.children].indexOf(event.target as Element);
    const targets: Readonly<Record<string, number>> = {
      ArrowLeft: at - 1,
      ArrowRight: at + 1,
      Home: 0,
      End: this.#loads.length - 1,
    };
    const target = this.#marks.children[targets[event.key] ?? -1];
    if (!(target instanceof HTMLElement)) return;
    event.preventDefault();
    for (const mark of this.#marks.children) (mark as HTMLElement).tabIndex = mark === target ? 0 : -1;
    target.focus();
  }
}
