import { Watcher, type WatcherOptions } from "../../src/watch/watcher.ts";
import { PATIENCE_MS } from "../support/log_trap.ts";

/** A watcher, and the paths that it has reported. */
export class Watched implements Disposable {
  readonly reported: string[] = [];
  readonly warnings: string[] = [];
  readonly watcher: Watcher;
  #check = () => {};
  #requested?: readonly string[];
  #following: Promise<void> = Promise.resolve();

  constructor(options: WatcherOptions = {}) {
    this.watcher = new Watcher((paths) => this.#report(paths), {
      warn: (message) => this.warnings.push(message),
      ...options,
    });
  }

  /** Watches these folders from now on, also those that are created later; files in new folders count as reported. */
  async keep(folders: readonly string[]): Promise<string[]> {
    this.#requested = folders;
    return await this.watcher.watch(folders);
  }

  /** Does something, and waits until it has a path reported. */
  async untilAgain(path: string, act: () => Promise<unknown>): Promise<void> {
    this.reported.length = 0;
    await act();
    await this.until(path);
  }

  /** Waits until a path has been reported. */
  async until(path: string): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const found = new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`${path} is not among ${this.reported}`)), PATIENCE_MS);
      this.#check = () => this.reported.includes(path) && resolve();
      this.#check();
    });
    await found.finally(() => clearTimeout(timer));
  }

  [Symbol.dispose](): void {
    this.watcher.close();
  }

  #report(paths: readonly string[]): void {
    this.reported.push(...paths);
    this.#check();
    const requested = this.#requested;
    if (requested !== undefined) this.#following = this.#following.then(() => this.#follow(requested));
  }

  /** Watches again after each report, as the reloader does: what came into new folders is not reported. */
  async #follow(requested: readonly string[]): Promise<void> {
    const added = await this.watcher.watch(requested);
    for (const folder of added) this.reported.push(...pathsIn(folder));
    this.#check();
    // A folder may have come into one of these before that was watched.
    if (added.length > 0) await this.#follow(requested);
  }
}

/** What is in a folder; nothing when it is gone by now. */
function pathsIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => `${folder}/${name}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
