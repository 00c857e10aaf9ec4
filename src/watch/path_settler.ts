import { after } from "../async/deadline.ts";
import { type Runtime, runtime } from "../runtime/mod.ts";

/** How long a file must not be written to count as complete where the end of a write is not reported. */
const QUIET_MS = 50;
/** The same for a file that is empty or gone: its writer may be about to write its content, late on a busy machine. */
const EMPTY_MS = 250;
/** The same where the end of a write is reported: not everything that changes a file also closes it. */
const UNCLOSED_MS = 1_000;

/** Collects paths that change, and reports each of them once it is no longer being written. */
export class PathSettler {
  /** What cancels the timer of each path that is being written. */
  readonly #writing = new Map<string, () => void>();
  readonly #settled = new Set<string>();
  #closed = false;

  /**
   * @param report Called with the paths that have settled in one turn of the event loop.
   * @param files When files were written.
   */
  constructor(
    private readonly report: (paths: string[]) => void,
    private readonly files: Pick<Runtime, "writtenAt"> = runtime,
  ) {}

  get writing(): Iterable<string> {
    return this.#writing.keys();
  }

  isWriting(path: string): boolean {
    return this.#writing.has(path);
  }

  written(path: string, reportsEnd: boolean): void {
    this.#wait(reportsEnd ? UNCLOSED_MS : QUIET_MS, path);
  }

  /** Reports a path that is empty or gone, if it is not written for a while. */
  settleLater(path: string): void {
    this.#wait(EMPTY_MS, path);
  }

  /** Reports a path at the end of this turn of the event loop. */
  settle(path: string): void {
    this.#writing.get(path)?.();
    this.#writing.delete(path);
    if (this.#closed) return;
    this.#settled.add(path);
    if (this.#settled.size === 1) setImmediate(() => this.#flush());
  }

  /** Reports nothing any more. */
  close(): void {
    this.#closed = true;
    for (const cancel of this.#writing.values()) cancel();
    this.#writing.clear();
    this.#settled.clear();
  }

  #wait(ms: number, path: string): void {
    this.#writing.get(path)?.();
    this.#writing.set(path, after(ms, () => this.#settleIfQuiet(ms, path)));
  }

  /** An event may be late on a busy machine, so the file's own time counts as well. */
  #settleIfQuiet(ms: number, path: string): void {
    const age = Date.now() - (this.files.writtenAt(path) ?? 0);
    if (age >= 0 && age < ms) this.#wait(ms, path);
    else this.settle(path);
  }

  #flush(): void {
    const paths = [...this.#settled];
    this.#settled.clear();
    if (paths.length > 0) this.report(paths);
  }
}
