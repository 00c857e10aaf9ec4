/** The last requests, kept by the browser where it lets a page do so. @module */
import { isObject } from "./draft.ts";
import type { TryRequest } from "./send.ts";

/** A request that was sent. */
export interface Recent extends TryRequest {
  /** The HTTP status of its answer; left out when there was none. */
  readonly status?: number;
  /** How long it took, in milliseconds. */
  readonly ms: number;
  /** When it was sent, in milliseconds since 1970. */
  readonly at: number;
}

/** Where texts are kept. */
export type TextStore = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const KEY = "hotflow.try";
/** How many requests are kept, and how many characters of them. */
const MAX_COUNT = 20;
const MAX_KEPT = 200_000;
/** How many characters of requests are held in memory; the newest one is held in any case. */
const MAX_HELD = 40_000_000;

/** The last requests, the newest first; equal ones once. */
export class RecentRequests {
  #all: readonly Recent[];
  readonly #store: TextStore | undefined;

  /** @param open Opens the place where they are kept; may throw. */
  constructor(open: () => TextStore = () => localStorage) {
    try {
      this.#store = open();
      this.#all = read(this.#store.getItem(KEY));
    } catch {
      // In memory, for as long as the page is open.
      this.#all = [];
    }
  }

  /** The requests. */
  get all(): readonly Recent[] {
    return this.#all;
  }

  /** Adds a request as the newest one. */
  add(recent: Recent): void {
    const others = this.#all.filter((one) => !isSame(one, recent));
    let size = 0;
    this.#all = [recent, ...others].slice(0, MAX_COUNT)
      .filter(({ body = "" }, index) => (size += body.length) <= MAX_HELD || index === 0);
    this.#write();
  }

  /** Removes all. */
  clear(): void {
    this.#all = [];
    this.#write();
  }

  #write(): void {
    const small = smallOnes(this.#all);
    try {
      if (small.length === 0) this.#store?.removeItem(KEY);
      else this.#store?.setItem(KEY, JSON.stringify(small));
    } catch {
      // The quota is used up.
    }
  }
}

/** The requests that a browser can keep. Large ones, such as those with a file, are in memory only. */
export function smallOnes<R extends TryRequest>(all: readonly R[]): R[] {
  let size = 0;
  return all.filter(({ body = "" }) => body.length < MAX_KEPT / 4)
    .filter(({ body = "" }) => (size += body.length) <= MAX_KEPT);
}

/** Whether two requests are the same. */
export function isSame(one: TryRequest, other: TryRequest): boolean {
  return one.key === other.key && one.body === other.body && one.stream === other.stream;
}

function read(text: string | null): Recent[] {
  const list: unknown = JSON.parse(text ?? "[]");
  return (Array.isArray(list) ? list : []).filter(isRecent).slice(0, MAX_COUNT);
}

/** Another version of the page may have kept something else. */
function isRecent(value: unknown): value is Recent {
  if (!isObject(value)) return false;
  const { status, ms, at } = value;
  return isRequest(value) && (status === undefined || typeof status === "number") &&
    typeof ms === "number" && typeof at === "number";
}

/** Whether a value that was kept is a request. */
export function isRequest(value: unknown): value is TryRequest {
  if (!isObject(value)) return false;
  const { key, body, stream } = value;
  return typeof key === "string" && (body === undefined || typeof body === "string") &&
    typeof stream === "boolean";
}
