/**
 * The names of the Executor classes that this program has imported, and the URLs of their modules. `jtype` of a YAML is
 * looked up here. Decorated classes register themselves. The registry has no classes: only workers load classes.
 */
export class ExecutorRegistry {
  /** Whether the program's main script may contain the user's classes, unlike that of the command line. */
  hasScript = true;
  readonly #names = new Map<string, string>();
  readonly #sources = new Set<string>();

  /**
   * Adds a class; of several classes with the same name, the last one counts. The name is `undefined` on runtimes that
   * do not report it to decorators.
   */
  register(name: string | undefined, source: string): void {
    this.#sources.add(source);
    if (name) this.#names.set(name, source);
  }

  /** The modules that may contain a class of this name, the most likely one first. */
  candidates(name: string): string[] {
    const own = this.#names.get(name);
    // An unknown name may have been added to a module after its import.
    return [...new Set(own === undefined ? this.#sources : [own, ...this.#sources])];
  }

  /** Whether this module has registered a class of this name. */
  isAt(name: string, source: string): boolean {
    return this.#names.get(name) === source;
  }

  /** Whether every module has registered the name of a class. */
  get knowsAllNames(): boolean {
    const named = new Set(this.#names.values());
    return [...this.#sources].every((source) => named.has(source));
  }

  /** The registered names. */
  get names(): string[] {
    return [...this.#names.keys()];
  }
}

/** The registry of this program. */
export const registry: ExecutorRegistry = new ExecutorRegistry();
