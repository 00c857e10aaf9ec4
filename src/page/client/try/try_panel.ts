import { h } from "../dom.ts";
import type { Live } from "../store.ts";

/** The panel that sends requests to the Flow. */
export function tryPanel(_live: Live): HTMLElement {
  return h("div");
}
