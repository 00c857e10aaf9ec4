import { h } from "../dom.ts";
import { clock } from "../format.ts";
import type { Recent } from "./recent.ts";
import type { TryRequest } from "./send.ts";

/** What the list of the last requests does. */
export interface RecentEvents {
  /** A request is to be edited again. */
  restore(recent: Recent): void;
  /** A request is chosen to be sent after every reload, or none. */
  pin(recent: Recent | undefined): void;
  /** All are to be forgotten. */
  clear(): void;
  /** Whether a request is the chosen one. */
  isPinned(request: TryRequest): boolean;
}

/** Shows the last requests. */
export function recentView(all: readonly Recent[], events: RecentEvents): HTMLElement {
  if (all.length === 0) return h("p", { class: "try-hint" }, "What you send is listed here.");
  return h(
    "div",
    {},
    h("ol", { class: "try-recent" }, ...all.map((recent) => rowOf(recent, events))),
    h("button", { type: "button", id: "try-clear", on: { click: () => events.clear() } }, "Forget all"),
  );
}

function rowOf(recent: Recent, { restore, pin, isPinned }: RecentEvents): HTMLElement {
  const { key, body = "", status, ms, at } = recent;
  const pinned = isPinned(recent);
  const time = new Date(at).toISOString();
  const isGood = status !== undefined && status < 400;
  return h(
    "li",
    {},
    h(
      "button",
      { type: "button", class: "try-restore", data: { key }, on: { click: () => restore(recent) } },
      h("code", {}, key),
      h("span", { class: "try-hint" }, body.slice(0, 500).replace(/\s+/g, " ").slice(0, 80)),
    ),
    h(
      "span",
      {},
      h("span", { class: isGood ? "try-good" : "try-bad" }, status ?? "no answer"),
      ` · ${ms.toFixed(1)} ms · `,
      h("time", { datetime: time }, clock(time)),
    ),
    h(
      "button",
      {
        type: "button",
        class: "try-pin",
        "aria-pressed": pinned ? "true" : "false",
        on: { click: () => pin(pinned ? undefined : recent) },
      },
      "Send again after every reload",
    ),
  );
}
