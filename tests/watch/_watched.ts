import { Watcher, type WatcherOptions } from "../../src/watch/watcher.ts";
import { PATIENCE_MS } from "../support/log_trap.ts";

/** A watcher whose paths are waited for. */
export class Watched implements Disposable {
  readonly told: string[] = [];
  readonly warnings: string[] = [];
  readonly watcher: Watcher;
  #check = () => {};
  #asked?: readonly string[];
  #following: Promise<void> = Promise.resolve();

  constructor(options: WatcherOptions = {}) {
    this.watcher = new Watcher((paths) => this.#tell(paths), {
      warn: (message) => this.warnings.push(message),
      ...options,
    });
  }

  /** Watches these folders from now on, those that come later included; what is in new ones counts as told. */
  async keep(folders: readonly string[]): Promise<string[]> {
    this.#asked = folders;
    return await this.watcher.watch(folders);
  }

  /** Waits until a path is told of from now on, once what is done here is done. */
  async untilAgain(path: string, act: () => Promise<unknown>): Promise<void> {
    this.told.length = 0;
    await act();
    await this.until(path);
  }

  /** Waits until a path was told of. */
  async until(path: string): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const found = new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`${path} is not among ${this.told}`)), PATIENCE_MS);
      this.#check = () => this.told.includes(path) && resolve();
      this.#check();
    });
    await found.finally(() => clearTimeout(timer));
  }

  [Symbol.dispose](): void {
    this.watcher.close();
  }

  #tell(paths: readonly string[]): void {
    this.told.push(...paths);
    this.#check();
    const asked = this.#asked;
    if (asked !== undefined) this.#following = this.#following.then(() => this.#follow(asked));
  }

  /** As the reloader does it: whatever was told of, folders may have come, and nobody told what is in them. */
  async #follow(asked: readonly string[]): Promise<void> {
    for (const folder of await this.watcher.watch(asked)) {
      this.told.push(...[...Deno.readDirSync(folder)].map(({ name }) => `${folder}/${name}`));
      this.#check();
    }
  }
}
