import { h } from "../dom.ts";
import { type CodeRequest, SNIPPETS } from "./snippets.ts";

/** How much of a snippet is shown; the copy is whole. */
const MAX_SHOWN = 20_000;

/** The request as code, in the language that is chosen. */
export class CodeView {
  /** Its element. */
  readonly element: HTMLDetailsElement;
  readonly #code = h("pre", { id: "try-code", tabindex: "0", "aria-label": "Code" });
  readonly #copied = h("output");
  #language = "curl";

  /** @param request Gives the request at hand. */
  constructor(private readonly request: () => CodeRequest | undefined) {
    this.element = h(
      "details",
      { class: "try-code", on: { toggle: () => this.update() } },
      h("summary", {}, "As code"),
      h(
        "fieldset",
        { class: "try-choice" },
        h("legend", {}, "Language"),
        ...Object.keys(SNIPPETS).map((language) => this.#choice(language)),
      ),
      this.#code,
      h("button", { type: "button", id: "try-copy", on: { click: () => void this.#copy() } }, "Copy"),
      this.#copied,
    );
  }

  /** Writes the code again, if it is open. */
  update(): void {
    if (!this.element.open) return;
    const text = this.#text;
    const more = text.length - MAX_SHOWN;
    this.#code.textContent = more > 0 ? `${text.slice(0, MAX_SHOWN)}\n… ${more} more characters` : text;
    this.#copied.textContent = "";
  }

  get #text(): string {
    const request = this.request();
    return request === undefined ? "" : SNIPPETS[this.#language]?.(request) ??
      "Jina's client cannot send this request: it sends Documents without schemas to the root of a host.";
  }

  #choice(language: string): HTMLElement {
    const change = () => {
      this.#language = language;
      this.update();
    };
    const checked = language === this.#language;
    const input = h("input", {
      type: "radio",
      name: "try-language",
      value: language,
      checked,
      on: { change },
    });
    return h("label", {}, input, language);
  }

  async #copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.#text);
      this.#copied.textContent = "Copied";
    } catch {
      // Pages without TLS on hosts that are not local have no clipboard.
      getSelection()?.selectAllChildren(this.#code);
      this.#copied.textContent = "Selected: copy it with the keyboard";
    }
  }
}
