import { h } from "../dom.ts";
import { atNextFrame } from "../frame.ts";
import { baseName, clock, duration } from "../format.ts";
import type { Live, PageEvent } from "../store.ts";
import { decoded } from "../try/openapi.ts";
import { loadCard } from "./load_card.ts";
import { keyOf, type Load, Loads } from "./loads.ts";

/** Marks of one Executor that are shown. */
const MOST_MARKS = 24;
/** Changes of the Flow's YAML that are shown. */
const MOST_CHANGES = 5;

/** The timeline: for each Executor its loads as a row of marks, and the chosen one, or the newest, in full. */
export function versions(live: Live): HTMLElement {
  const timeline = new Timeline(live);
  live.on((event) => timeline.take(event));
  addEventListener("hashchange", () => timeline.follow(named("versions")));
  return timeline.element;
}

class Timeline {
  readonly element: HTMLElement;
  readonly #loads = new Loads();
  readonly #card = h("div", { tabindex: -1 });
  readonly #rows = h("div", { class: "rows" });
  readonly #yaml = h("ul", { class: "yaml-changes", "aria-label": "Changes of the Flow's YAML" });
  readonly #views = new Map<string, Row>();
  readonly #draw = atNextFrame(() => this.#drawNow());
  /** The key of the load that was chosen; the newest one is shown otherwise. */
  #chosen?: string;
  #shown?: string;

  constructor(private readonly live: Live) {
    this.element = h("div", { class: "panel versions" }, this.#card, this.#rows, this.#yaml);
  }

  /** Takes an event, if it concerns loads. */
  take(event: PageEvent): void {
    if (event.kind === "hello") this.#loads.reset(event);
    else if (event.kind === "changed") this.#loads.expect(event);
    else if (event.kind === "load") {
      this.#loads.take(event);
      // The newest save is what one looks for.
      this.#chosen = undefined;
    } else if (event.kind === "reverted") this.#loads.drop(event.deployment);
    else if (event.kind === "deployment") this.#loads.heed(event.deployment);
    else if (event.kind === "status") this.#loads.keep(event.status.deployments);
    else return;
    this.#draw();
  }

  /** Shows the newest load of an Executor, since a link leads there. */
  follow(name: string | undefined): void {
    const last = name === undefined ? undefined : this.#loads.of(name).at(-1);
    if (last === undefined) return;
    this.#choose(last);
    this.#card.closest("section")?.scrollIntoView();
    this.#card.focus();
  }

  #choose(load: Load): void {
    this.#chosen = this.#loads.last === load ? undefined : keyOf(load);
    this.#draw();
  }

  #drawNow(): void {
    const { names } = this.#loads;
    const all = names.flatMap((name) => this.#loads.of(name));
    const load = all.find((load) => keyOf(load) === this.#chosen) ?? this.#loads.last;
    const key = load && keyOf(load);
    const undoneTo = load && this.#loads.undoneTo(load);
    const shown = key && `${key}\n${undoneTo}`;
    if (shown !== this.#shown || load === undefined) {
      this.#card.replaceChildren(load ? loadCard(load, undoneTo) : h("p", {}, "No version was loaded yet."));
    }
    this.#shown = shown;
    for (const [name, row] of this.#views) {
      if (names.includes(name)) continue;
      row.element.remove();
      this.#views.delete(name);
    }
    for (const name of names) {
      const row = this.#views.get(name) ?? new Row(name, (load) => this.#choose(load));
      if (!this.#views.has(name)) this.#rows.append(row.element);
      this.#views.set(name, row);
      row.draw(this.#loads.of(name).slice(-MOST_MARKS), pendingText(this.#loads, name), key);
    }
    this.#drawYaml();
  }

  #drawYaml(): void {
    const changes = this.live.status?.history?.slice(-MOST_CHANGES).reverse() ?? [];
    this.#yaml.hidden = changes.length === 0;
    this.#yaml.replaceChildren(
      ...changes.map(({ at, ms, changes }) =>
        h("li", {}, `${clock(at)} YAML: ${changes?.join(", ") ?? "could not be applied"}, ${duration(ms)}`)
      ),
    );
  }
}

/** What the address names in a part of the page: `#versions/encoder`. */
function named(part: string): string | undefined {
  const [id, name] = location.hash.slice(1).split("/");
  return id === part && name !== undefined ? decoded(name) : undefined;
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
