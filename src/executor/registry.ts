/**
 * The names of the Executor classes this program has imported, and the modules they come from: what a YAML's
 * `jtype` is looked up in. Decorated classes register themselves. It holds names and modules, not classes: a class
 * is always loaded afresh, by a worker.
 */
export class ExecutorRegistry {
  readonly #sources = new Map<string, string>();

  /** Enters a class; the class that was defined last under a name is the one meant by it. */
  register(name: string, source: string): void {
    this.#sources.set(name, source);
  }

  /** The modules where a class of this name may be found, the most likely first. */
  candidates(name: string): string[] {
    const own = this.#sources.get(name);
    // A name that is not known yet may have been added to a module since it was imported.
    const rest = new Set(this.#sources.values());
    if (own !== undefined) rest.delete(own);
    return own === undefined ? [...rest] : [own, ...rest];
  }

  /** Whether the class of this name is known to be in this module. */
  isAt(name: string, source: string): boolean {
    return this.#sources.get(name) === source;
  }

  /** The names that are known. */
  get names(): string[] {
    return [...this.#sources.keys()];
  }
}

/** The registry of this program. */
export const registry: ExecutorRegistry = new ExecutorRegistry();
