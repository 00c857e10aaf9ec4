import { type FsEvent, runtime, WatchLimitError } from "../runtime/mod.ts";
import { limitMessage } from "./_limit_message.ts";
import { Poller } from "./poller.ts";

/** How folders are watched. */
export interface WatcherOptions {
  /** Whether folders are polled instead of waiting for events; the interval, in milliseconds. */
  readonly poll?: boolean | number;
  /** Called once with a message for the user. */
  readonly warn?: (message: string) => void;
}

/** The watches of folders, by events or, where the system allows no more of those, by polling. */
export class FolderWatches {
  /** What ends the watch of each folder. */
  readonly #watches = new Map<string, () => Promise<void>>();
  /** The watches that were closed and have not ended yet. */
  readonly #ending = new Set<Promise<void>>();
  readonly #polled = new Set<string>();
  #poller?: Poller;
  #limit?: WatchLimitError;
  #hasWarned = false;

  /** @param receive Called with each event, and the folder whose watch reports it. */
  constructor(
    private readonly receive: (event: FsEvent, folder: string) => void,
    private readonly options: WatcherOptions,
  ) {}

  get folders(): Iterable<string> {
    return this.#watches.keys();
  }

  has(folder: string): boolean {
    return this.#watches.has(folder);
  }

  isPolled(folder: string): boolean {
    return this.#polled.has(folder);
  }

  /** Watches a folder. Returns whether it exists. */
  open(folder: string): boolean {
    try {
      this.#watches.set(folder, this.#watch(folder));
      return true;
    } catch (error) {
      if ((error as Error).name !== "NotFound") throw error;
      return false;
    }
  }

  close(folder: string): void {
    const ended = this.#watches.get(folder)?.();
    if (ended !== undefined) {
      this.#ending.add(ended);
      void ended.then(() => this.#ending.delete(ended));
    }
    this.#watches.delete(folder);
    this.#polled.delete(folder);
  }

  /** Resolves when all watches that were closed have ended: see `watch()` of the runtime. */
  async ended(): Promise<void> {
    while (this.#ending.size > 0) await Promise.all(this.#ending);
  }

  /** Resolves when all changes from now on are reported. Warns once about folders that have to be polled. */
  async ready(): Promise<void> {
    await this.#poller?.ready();
    if (this.#limit === undefined || this.#poller === undefined || this.#hasWarned) return;
    // The watches may have been closed meanwhile.
    if (this.#watches.size === 0) return;
    this.#hasWarned = true;
    const { interval } = this.#poller;
    this.options.warn?.(limitMessage(this.#limit, [...this.#polled].sort(), this.#watches.size, interval));
  }

  #watch(folder: string): () => Promise<void> {
    const receive = (event: FsEvent) => this.receive(event, folder);
    const { poll = false } = this.options;
    if (poll === false) {
      try {
        return runtime.watch(folder, receive);
      } catch (error) {
        if (!(error instanceof WatchLimitError)) throw error;
        this.#limit ??= error;
      }
    }
    this.#polled.add(folder);
    this.#poller ??= new Poller(typeof poll === "number" ? poll : undefined);
    return this.#poller.watch(folder, receive);
  }
}
