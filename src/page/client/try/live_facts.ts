import type { PageEvent, PageEventOf } from "../store.ts";

/** What the panel takes from the events. */
export class LiveFacts {
  /** How a place in a file is opened. */
  editor = "";
  #boot = "";
  /** The Executors that serve, and what they need. */
  #graph = "";
  /** When the newest load ended. */
  #lastLoad?: string;
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
        return this.#status(event);
      case "load":
        this.#lastLoad = event.at;
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

  #hello({ boot, editor, troubles, status, loads }: PageEventOf<"hello">): void {
    this.editor = editor;
    this.#troubles.clear();
    troubles.forEach((trouble) => this.#trouble(trouble));
    const [before, lastLoad] = [this.#boot, this.#lastLoad];
    const last = loads.at(-1);
    this.#boot = boot;
    this.#graph = graphOf(status);
    this.#lastLoad = last?.at;
    if (before === "") return;
    if (before !== boot) {
      this.onEndpoints();
      this.onLoaded("after a restart of the process");
    } else if (last !== undefined && last.at !== lastLoad) this.take(last);
  }

  /** Requests take the new graph only from now on: loads of Executors that were added came before. */
  #status({ status }: PageEventOf<"status">): void {
    this.onEndpoints();
    const before = this.#graph;
    this.#graph = graphOf(status);
    if (before !== this.#graph) this.onLoaded("after a change of the graph");
  }

  #trouble(event: PageEventOf<"trouble">): void {
    if (event.what !== "throws") return;
    if (event.over) this.#troubles.delete(event.deployment);
    else this.#troubles.set(event.deployment, event);
  }
}

function graphOf({ deployments }: PageEventOf<"status">["status"]): string {
  return JSON.stringify(deployments.map(({ name, needs }) => [name, needs]));
}
