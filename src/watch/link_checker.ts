import { runtime } from "../runtime/mod.ts";

/** The interval between two checks, in milliseconds. */
const INTERVAL_MS = 200;

/**
 * Polls symbolic links, and reports those whose target has changed. Events alone are not enough: Deno drops those of a
 * link whose target is outside of its folder. Without links it does nothing.
 */
export class LinkChecker {
  #targets = new Map<string, string | undefined>();
  #timer?: ReturnType<typeof setTimeout>;
  #isChecking = false;

  /** @param report Called with the paths of links that were changed, removed or replaced. */
  constructor(private readonly report: (links: string[]) => void) {}

  /**
   * Checks these links and no others.
   *
   * @param targets Their targets, as written in the links; `undefined` where there is no link at present.
   */
  watch(targets: ReadonlyMap<string, string | undefined>): void {
    this.#targets = new Map(targets);
    if (targets.size > 0 && !this.#isChecking) this.#timer ??= setTimeout(() => this.#check(), INTERVAL_MS);
  }

  /** Ends the checks. */
  close(): void {
    this.watch(new Map());
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #check(): Promise<void> {
    this.#timer = undefined;
    this.#isChecking = true;
    const changed: string[] = [];
    for (const link of [...this.#targets.keys()]) {
      const target = await runtime.readLink(link);
      // Other links may be watched by now.
      if (!this.#targets.has(link) || this.#targets.get(link) === target) continue;
      this.#targets.set(link, target);
      changed.push(link);
    }
    this.#isChecking = false;
    if (this.#targets.size > 0) this.#timer = setTimeout(() => this.#check(), INTERVAL_MS);
    if (changed.length > 0) this.report(changed);
  }
}
