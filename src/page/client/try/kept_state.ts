/** What "Try it" keeps of its tab while the page is loaded again, where the browser lets a page do so. @module */
import { isObject } from "./draft.ts";
import { isRequest, smallOnes, type TextStore } from "./recent.ts";
import type { TryRequest } from "./send.ts";

/** What a person chose and wrote. */
export interface TryState {
  /** The key of the chosen endpoint. */
  readonly key: string;
  /** Whether documents are asked for as a stream. */
  readonly stream: boolean;
  /** The requests that were written. */
  readonly edited: readonly TryRequest[];
  /** The request that is sent again after every reload. */
  readonly pinned?: TryRequest;
}

/** The state of this tab, in a text store. */
export class KeptState {
  /**
   * @param name Names the Flow among those that have one origin.
   * @param open Opens the store; may throw.
   */
  constructor(private readonly name: string, private readonly open: () => TextStore = () => sessionStorage) {}

  /** What was kept; `undefined` when nothing was. */
  read(): TryState | undefined {
    try {
      return stateOf(JSON.parse(this.open().getItem(this.#key) ?? "null"));
    } catch {
      return undefined;
    }
  }

  /** Keeps a state, without large bodies. */
  write({ edited, pinned, ...rest }: TryState): void {
    const [first] = smallOnes(pinned === undefined ? [] : [pinned]);
    try {
      const kept: TryState = { ...rest, edited: smallOnes(edited), ...first && { pinned: first } };
      this.open().setItem(this.#key, JSON.stringify(kept));
    } catch {
      // Refused, or the quota is used up: the page begins with the examples again.
    }
  }

  get #key(): string {
    return `hotflow.try ${this.name}`;
  }
}

/** Another version of the page may have kept something else. */
function stateOf(value: unknown): TryState | undefined {
  if (!isObject(value)) return undefined;
  const { key, stream, edited, pinned } = value;
  if (typeof key !== "string" || typeof stream !== "boolean" || !Array.isArray(edited)) return undefined;
  return { key, stream, edited: edited.filter(isRequest), ...isRequest(pinned) && { pinned } };
}
