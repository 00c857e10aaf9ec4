import { runtime } from "../runtime/mod.ts";

/** How long to wait between two looks at the links: a changed one is noticed after half of that on average. */
const INTERVAL_MS = 200;

/**
 * Looks at symbolic links again and again, and tells of those that lead elsewhere. Events alone are not enough: Deno
 * drops those of a link that leads out of its folder. Without links it does nothing.
 */
export class LinkChecker {
  #targets = new Map<string, string | undefined>();
  #timer?: ReturnType<typeof setTimeout>;
  #isLooking = false;

  /**
   * @param tell Called with the paths of links that were changed, removed or replaced by something else.
   * @param interval How long to wait between two looks, in milliseconds.
   */
  constructor(
    private readonly tell: (links: string[]) => void,
    private readonly interval: number = INTERVAL_MS,
  ) {}

  /**
   * Looks after these links and no others.
   *
   * @param targets Where each leads, as it is written there; `undefined` where no link is at present.
   */
  watch(targets: ReadonlyMap<string, string | undefined>): void {
    this.#targets = new Map(targets);
    if (targets.size > 0 && !this.#isLooking) this.#timer ??= setTimeout(() => this.#look(), this.interval);
  }

  /** Ends it. */
  close(): void {
    this.watch(new Map());
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #look(): Promise<void> {
    this.#timer = undefined;
    this.#isLooking = true;
    const changed: string[] = [];
    for (const link of [...this.#targets.keys()]) {
      const now = await runtime.readLink(link);
      // Others may be looked after by now.
      if (!this.#targets.has(link) || this.#targets.get(link) === now) continue;
      this.#targets.set(link, now);
      changed.push(link);
    }
    this.#isLooking = false;
    if (this.#targets.size > 0) this.#timer = setTimeout(() => this.#look(), this.interval);
    if (changed.length > 0) this.tell(changed);
  }
}
