/**
 * The names of the Executor classes this program has imported, and the modules they come from: what a YAML's
 * `jtype` is looked up in. Decorated classes register themselves. It holds names and modules, not classes: a class
 * is always loaded afresh, by a worker.
 */
export class ExecutorRegistry {
  /** Whether the program's script may hold classes of the user's; that of the command line does not. */
  hasScript = true;
  readonly #names = new Map<string, string>();
  readonly #sources = new Set<string>();

  /**
   * Enters a class; the class that was defined last under a name is the one meant by it. Not every runtime tells a
   * decorator the name.
   */
  register(name: string | undefined, source: string): void {
    this.#sources.add(source);
    if (name) this.#names.set(name, source);
  }

  /** The modules where a class of this name may be found, the most likely first. */
  candidates(name: string): string[] {
    const own = this.#names.get(name);
    // A name that is not known yet may have been added to a module since it was imported.
    const rest = [...this.#sources].filter((source) => source !== own);
    return own === undefined ? rest : [own, ...rest];
  }

  /** Whether the class of this name is known to be in this module. */
  isAt(name: string, source: string): boolean {
    return this.#names.get(name) === source;
  }

  /** Whether every class that registered said its name. */
  get knowsAllNames(): boolean {
    const named = new Set(this.#names.values());
    return [...this.#sources].every((source) => named.has(source));
  }

  /** The names that are known. */
  get names(): string[] {
    return [...this.#names.keys()];
  }
}

/** The registry of this program. */
export const registry: ExecutorRegistry = new ExecutorRegistry();
