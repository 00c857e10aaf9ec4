import { h } from "../dom.ts";
import type { Endpoint } from "./openapi.ts";

/** The list of endpoints with its filter. */
export class EndpointList {
  /** Its element. */
  readonly element: HTMLElement;
  readonly #list = h("ul", { on: { keydown: (event) => this.#move(event) } });
  readonly #count = h("output", { class: "try-hint" });
  readonly #problem = h("output", { class: "try-bad" });
  readonly #filter = h("input", {
    id: "try-filter",
    type: "search",
    placeholder: "Filter",
    "aria-label": "Filter the endpoints",
    autocomplete: "off",
    on: { input: () => this.#apply() },
  });

  /** @param choose Called with the key of the endpoint that a person chooses. */
  constructor(private readonly choose: (key: string) => void) {
    this.element = h(
      "nav",
      { class: "try-endpoints", "aria-label": "Endpoints" },
      this.#filter,
      this.#count,
      this.#problem,
      this.#list,
    );
  }

  /** Shows the endpoints, and which one is chosen. */
  show(endpoints: Iterable<Endpoint>, current: string): void {
    const focused = this.#buttons.find((button) => button === document.activeElement)?.dataset.key;
    this.#list.replaceChildren(...[...endpoints].map((endpoint) => this.#row(endpoint, current)));
    this.#apply();
    this.#buttons.find(({ dataset }) => dataset.key === focused)?.focus();
  }

  /** Says why the list may be old; nothing when it is not. */
  say(problem: string): void {
    this.#problem.textContent = problem;
  }

  get #buttons(): HTMLButtonElement[] {
    return [...this.#list.querySelectorAll("button")];
  }

  #row({ key, method, name, summary }: Endpoint, current: string): HTMLElement {
    const label = [
      h("span", { class: `try-method try-${method.toLowerCase()}` }, method),
      h("code", {}, name),
      summary !== "" && h("span", { class: "try-hint" }, summary),
    ];
    const state = key === current ? "true" : "false";
    const button = h(
      "button",
      { type: "button", data: { key }, "aria-current": state, on: { click: () => this.choose(key) } },
      ...label,
    );
    return h("li", {}, button);
  }

  #apply(): void {
    const words = this.#filter.value.toLowerCase().split(/\s+/);
    const items = [...this.#list.children] as HTMLElement[];
    for (const item of items) {
      const text = item.textContent?.toLowerCase() ?? "";
      item.hidden = !words.every((word) => text.includes(word));
    }
    const shown = items.filter(({ hidden }) => !hidden).length;
    this.#count.textContent = this.#filter.value === "" ? "" : `${shown} of ${items.length}`;
  }

  #move(event: KeyboardEvent): void {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const buttons = this.#buttons.filter((button) => !(button.parentElement?.hidden ?? false));
    const at = buttons.findIndex((button) => button === document.activeElement);
    if (step === 0 || at === -1) return;
    event.preventDefault();
    buttons[at + step]?.focus();
  }
}
