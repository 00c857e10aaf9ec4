/** Counts what runs, and says so. */
import { type DocumentArray, Executor } from "../../mod.ts";

export class Counts extends Executor {
  static readonly source = import.meta.url;
  static requests = { default: "handle", "/seen": "tell" };
  readonly #seen: string[] = [];

  handle(docs: DocumentArray, { endpoint }: { endpoint: string }) {
    this.#seen.push(docs[0]?.text || endpoint);
  }
  tell() {
    return { seen: this.#seen };
  }
}
