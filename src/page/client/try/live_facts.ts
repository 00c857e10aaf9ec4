import type { PageEvent, PageEventOf } from "../store.ts";

/** What the panel takes from the events. */
export class LiveFacts {
  /** How a place in a file is opened. */
  editor = "";
  #boot = "";
  readonly #troubles = new Map<string, PageEventOf<"trouble">>();
  readonly #shapes = new Map<string, string>();

  /**
   * @param onEndpoints Called when the endpoints may have changed.
   * @param onLoaded Called when new code serves, with words for it.
   */
  constructor(private readonly onEndpoints: () => void, private readonly onLoaded: (what: string) => void) {}

  /** The errors that handlers throw again and again. */
  get troubles(): PageEventOf<"trouble">[] {
    return [...this.#troubles.values()];
  }

  /** Takes an event. */
  take(event: PageEvent): void {
    switch (event.kind) {
      case "hello":
        return this.#hello(event);
      case "trouble":
        return this.#trouble(event);
      case "status":
        return this.onEndpoints();
      case "load":
        if (event.error !== undefined) return;
        this.onEndpoints();
        return this.onLoaded(`after version ${event.version} of ${event.deployment}`);
      case "deployment": {
        const { name, version, state, endpoints } = event.deployment;
        const shape = [version, state, ...endpoints].join();
        if (this.#shapes.get(name) !== shape) this.onEndpoints();
        this.#shapes.set(name, shape);
      }
    }
  }

  #hello({ boot, editor, troubles }: PageEventOf<"hello">): void {
    this.editor = editor;
    this.#troubles.clear();
    troubles.forEach((trouble) => this.#trouble(trouble));
    const isRestarted = this.#boot !== "" && this.#boot !== boot;
    this.#boot = boot;
    if (!isRestarted) return;
    this.onEndpoints();
    this.onLoaded("after a restart of the process");
  }

  #trouble(event: PageEventOf<"trouble">): void {
    if (event.what !== "throws") return;
    if (event.over) this.#troubles.delete(event.deployment);
    else this.#troubles.set(event.deployment, event);
  }
}
