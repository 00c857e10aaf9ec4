import { h } from "../dom.ts";
import type { Documents } from "./answer.ts";
import { countText } from "./answer_view.ts";
import { documentView } from "./document_view.ts";

/** How many documents of a stream are shown while it runs, in addition to the last one. */
const MAX_LIVE = 20;

/** Shows the documents of a stream as they come, once a frame. */
export class StreamView {
  #frame: number | undefined;
  #shown = 0;
  readonly #start = performance.now();
  readonly #list = h("div", { class: "try-docs" });
  readonly #last = h("div", { class: "try-docs" });

  constructor(private readonly part: HTMLElement, private readonly progress: HTMLElement) {}

  /** Draws the documents in the next frame. */
  show(docs: Documents): void {
    this.#frame ??= requestAnimationFrame(() => this.#draw(docs));
  }

  /** Draws no more. */
  end(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
  }

  #draw(docs: Documents): void {
    this.#frame = undefined;
    const { kept } = docs;
    if (this.#shown === 0) this.part.replaceChildren(this.#list, this.#last);
    const next = kept.slice(this.#shown, MAX_LIVE);
    this.#shown += next.length;
    this.#list.append(...next.map(([position, doc]) => documentView(doc, `Document ${position + 1}`)));
    const [position = 0, doc] = kept.at(-1) ?? [];
    this.#last.replaceChildren(...position < MAX_LIVE ? [] : [documentView(doc, `Document ${position + 1}`)]);
    const seconds = (performance.now() - this.#start) / 1000;
    this.progress.textContent = `${countText(docs)} · ${seconds.toFixed(1)} s`;
  }
}
