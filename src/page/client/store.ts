import type { FlowEvent } from "../../live/flow_event.ts";

/** An event as JSON has it: times are texts. */
export type Plain<T> = T extends Date ? string : T extends (infer Item)[] ? Plain<Item>[]
: T extends object ? { [K in keyof T]: Plain<T[K]> }
: T;

/** An event as it comes. */
export type PageEvent = Plain<FlowEvent>;

/** An event of one kind as it comes. */
export type PageEventOf<K extends FlowEvent["kind"]> = Extract<PageEvent, { readonly kind: K }>;

/** What the parts of the page listen to. */
export interface Live {
  /** The last status, kept up to date by the events; `undefined` before the first one. */
  readonly status: PageEventOf<"hello">["status"] | undefined;
  /** Calls a function with each event, and returns what ends that. */
  on(listener: (event: PageEvent) => void): () => void;
  /**
   * Calls a function when the connection opens, is lost, or is paused since the tab is hidden, at once with its present
   * state.
   */
  onState(listener: (state: "connecting" | "open" | "lost" | "paused") => void): () => void;
}
