import type { KeptName } from "../protocol/protocol.ts";

/** A value that outlives the versions that use it. */
interface Kept {
  /** The value, or its making. */
  readonly promise: Promise<unknown>;
  /** The version that has it made. */
  readonly maker: number;
  /** The versions that asked for it and have not ended. */
  readonly users: Set<number>;
}

/** What the store reports. */
export interface KeptValuesOptions {
  /** Called with all values whenever they change. */
  onChange(values: readonly KeptName[]): void;
  /** Called when the disposal of a value fails. */
  onError(name: string, error: unknown): void;
}

/** The values that Executors of this worker keep by name, across versions. A version is known by its instance. */
export class KeptValues {
  readonly #values = new Map<string, Kept>();
  /** The disposals that have begun and not ended. */
  readonly #disposing = new Set<Promise<void>>();

  constructor(private readonly options: KeptValuesOptions) {}

  get names(): string[] {
    return [...this.#values.keys()];
  }

  /** The value of a name, which is made unless it is there or being made. A making that fails keeps nothing. */
  keep(user: number, name: string, make: () => unknown): Promise<unknown> {
    const known = this.#values.get(name);
    if (known !== undefined) {
      known.users.add(user);
      return known.promise;
    }
    const promise = Promise.resolve().then(make);
    const kept = { promise, maker: user, users: new Set([user]) };
    this.#values.set(name, kept);
    this.#report();
    promise.catch(() => {
      if (this.#values.get(name) === kept) this.#remove(name);
    });
    return promise;
  }

  /** Lets go of what a version has made that failed. */
  async fail(user: number): Promise<void> {
    await this.#letGo(user, ({ maker }) => maker === user);
  }

  /**
   * Lets go of what a version that ends did not ask for, if it answered requests: otherwise it may have asked later.
   * Called after its `close()`.
   */
  async leave(user: number, answered: boolean): Promise<void> {
    await this.#letGo(user, (_, asked) => answered && !asked);
  }

  /** Lets go of all values, since the worker ends. */
  async clear(): Promise<void> {
    for (const name of this.names) this.#dispose(name);
    await Promise.all(this.#disposing);
  }

  async #letGo(user: number, isObsolete: (kept: Kept, asked: boolean) => boolean): Promise<void> {
    for (const [name, kept] of [...this.#values]) {
      const asked = kept.users.delete(user);
      if (kept.users.size === 0 && isObsolete(kept, asked)) this.#dispose(name);
    }
    await Promise.all(this.#disposing);
  }

  #report(): void {
    this.options.onChange(Array.from(this.#values, ([name, { maker }]) => [name, maker]));
  }

  #remove(name: string): void {
    this.#values.delete(name);
    this.#report();
  }

  #dispose(name: string): void {
    const promise = this.#values.get(name)?.promise;
    this.#remove(name);
    const disposing = Promise.resolve(promise).then(disposeOf, () => {}).catch((error) => {
      this.options.onError(name, error);
    }).finally(() => this.#disposing.delete(disposing));
    this.#disposing.add(disposing);
  }
}

/** Calls the method of a value that releases its resources, if it has one. */
async function disposeOf(value: unknown): Promise<void> {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return;
  const methods = value as Record<PropertyKey, unknown>;
  const { asyncDispose, dispose } = Symbol as { asyncDispose?: symbol; dispose?: symbol };
  const name = [asyncDispose, dispose, "close"].find((key) =>
    key !== undefined && typeof methods[key] === "function"
  );
  if (name !== undefined) await (methods[name] as () => unknown)();
}
