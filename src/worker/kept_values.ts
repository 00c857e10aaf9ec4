import { isTimedOut } from "../async/deadline.ts";
import type { KeptName } from "../protocol/protocol.ts";

/** How long a value waits for the disposal of the one before it under its name, in milliseconds. */
const DISPOSAL_MS = 1_000;

/** A value that outlives the versions that use it. */
interface Kept {
  readonly name: string;
  /** The value, or its making. */
  readonly promise: Promise<unknown>;
  /** The version that has it made. */
  readonly maker: number;
  /** The versions that asked for it and have not been released. */
  readonly users: Set<number>;
  isMade: boolean;
}

/** What the store reports. */
export interface KeptValuesOptions {
  /** Called with all values, and the names of those whose disposal is under way, whenever they change. */
  onChange(values: readonly KeptName[], disposing: readonly string[]): void;
  /** Called when the disposal of a value fails. */
  onError(name: string, error: unknown): void;
}

/** The values that Executors of this worker keep by name, across versions. A version is known by its instance. */
export class KeptValues {
  readonly #values = new Map<string, Kept>();
  /** The disposals that are under way. */
  readonly #disposing = new Map<Kept, Promise<void>>();
  /** The versions whose end has begun. */
  readonly #ending = new Set<number>();

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
    const promise = this.#freed(name).then(make);
    const kept: Kept = { name, promise, maker: user, users: new Set([user]), isMade: false };
    this.#values.set(name, kept);
    this.#report();
    promise.then(() => {
      kept.isMade = true;
      if (this.#values.get(name) === kept) this.#report();
    }, () => {
      if (this.#values.get(name) === kept) this.#remove(kept);
    });
    return promise;
  }

  /** Called when the end of a version begins: it may still run until its `setup()` ends, which may be never. */
  beginEnd(user: number): void {
    this.#ending.add(user);
  }

  /**
   * Removes what a version has made that failed, and what it waited for that is still being made for versions that end:
   * the next version makes it anew.
   *
   * @returns A function that disposes of it.
   */
  fail(user: number): () => Promise<void> {
    const removed = this.#removeFor(user, ({ maker, isMade }, asked) => maker === user || (asked && !isMade));
    let disposal: Promise<void> | undefined;
    return () => disposal ??= this.#disposeAll(removed);
  }

  /**
   * Lets go of what a version that ends did not ask for, if it answered requests: otherwise it may have asked later.
   * Called after its `close()`.
   */
  async leave(user: number, answered: boolean): Promise<void> {
    this.#ending.delete(user);
    await this.#disposeAll(this.#removeFor(user, (_, asked) => answered && !asked));
  }

  /** Lets go of all values. What is still being made is not waited for. */
  async clear(): Promise<void> {
    const all = [...this.#values.values()];
    for (const kept of all) this.#remove(kept);
    await this.#disposeAll(all.filter(({ isMade }) => isMade));
  }

  /** Removes a version from the users of all values, and those values that are obsolete then. */
  #removeFor(user: number, isObsolete: (kept: Kept, asked: boolean) => boolean): Kept[] {
    const obsolete: Kept[] = [];
    for (const kept of [...this.#values.values()]) {
      const asked = kept.users.delete(user);
      const isUsed = [...kept.users].some((id) => kept.isMade || !this.#ending.has(id));
      if (isUsed || !isObsolete(kept, asked)) continue;
      this.#remove(kept);
      obsolete.push(kept);
    }
    return obsolete;
  }

  /** Resolves when the value that was kept under a name before is disposed of, or has had the time for it. */
  async #freed(name: string): Promise<void> {
    const before = [...this.#disposing].filter(([kept]) => kept.name === name).map(([, disposal]) =>
      disposal
    );
    if (before.length > 0) await isTimedOut(DISPOSAL_MS, Promise.all(before));
  }

  #report(): void {
    const values = Array.from(
      this.#values.values(),
      ({ name, maker, isMade }): KeptName => [name, maker, isMade],
    );
    this.options.onChange(values, Array.from(this.#disposing.keys(), ({ name }) => name));
  }

  #remove({ name }: Kept): void {
    this.#values.delete(name);
    this.#report();
  }

  /** Resolves when these values are disposed of, whatever other disposals are under way. */
  async #disposeAll(all: readonly Kept[]): Promise<void> {
    await Promise.all(all.map((kept) => this.#dispose(kept)));
  }

  async #dispose(kept: Kept): Promise<void> {
    const disposal = kept.promise.then(disposeOf, () => {})
      .catch((error) => this.options.onError(kept.name, error));
    this.#disposing.set(kept, disposal);
    this.#report();
    await disposal;
    this.#disposing.delete(kept);
    this.#report();
  }
}

/** Calls the method of a value that releases its resources, if it has one. */
async function disposeOf(value: unknown): Promise<void> {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return;
  // The functions of a module are not its own resources.
  if (Object.prototype.toString.call(value) === "[object Module]") return;
  const methods = value as Record<PropertyKey, unknown>;
  const { asyncDispose, dispose } = Symbol as { asyncDispose?: symbol; dispose?: symbol };
  const name = [asyncDispose, dispose, "close"].find((key) =>
    key !== undefined && typeof methods[key] === "function"
  );
  if (name !== undefined) await (methods[name] as () => unknown)();
}
