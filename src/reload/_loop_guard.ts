import { after, isTimedOut } from "../async/deadline.ts";
import type { LoadLog } from "./_load_log.ts";
import { type EndLoad, type FileChange, isAlike, LoadTimes, type LoadWrite } from "./_load_times.ts";

/** How many loads in a row have to write a file before its changes are held back. */
const SUSPICIOUS = 4;
/** How long nothing may be written before a trial, in milliseconds. */
const SILENCE_MS = 1_000;
/** How many trials in a row have to write the files: a person may save one of them during the first. */
const TRIALS = 2;
/** How long the trial waits before it serves, so that events about its own writes come first; in milliseconds. */
const TRIAL_MS = 250;
/** How many reloads in a row by one file are reported, each this soon after the one before. */
const REPEATED = 6;
const REPEATED_MS = 2_000;

/**
 * Keeps an Executor from being reloaded for ever by files that its own loads write. Changes of files that several loads
 * in a row have written are held back until nothing was written for a while. Then comes a trial, one more load. If it
 * writes the files too, and so does a second trial, their changes are ignored. A change outside of loads begins again
 * at counting.
 */
export class LoopGuard {
  readonly #loads = new LoadTimes();
  #state: "counting" | "waiting" | "trial" | "stopped" = "counting";
  /** How many loads in a row have written each file; an uncertain write counts half. */
  readonly #counts = new Map<string, { readonly count: number; readonly last: LoadWrite }>();
  /** The files that are held back, which the next trial loads. */
  readonly #held = new Set<string>();
  /** How many trials in a row have written what was expected. */
  #trials = 0;
  #cancelTimer = () => {};
  /** The file that alone has caused the last reloads, and how many. */
  #repeated = { path: "", count: 0 };
  readonly #reported = new Set<string>();

  constructor(
    private readonly load: (paths: string[]) => void,
    private readonly log: Pick<LoadLog, "stopped" | "repeated">,
  ) {}

  beginLoad(): EndLoad {
    return this.#loads.begin();
  }

  /** Takes changes. Returns the files to load now. */
  admit(changes: readonly FileChange[]): string[] {
    if (changes.length === 0) return [];
    if (changes.every((change) => this.#isExpected(change))) {
      this.#confirm(changes);
      return [];
    }
    const held = [...this.#held];
    const isByLoads = changes.every((change) => this.#loads.writeOf(change) !== undefined);
    if (!isByLoads) this.reset();
    else if (this.#state !== "waiting") this.#state = "counting";
    const counts = changes.map((change) => this.#count(change));
    if (this.#state === "waiting" || (isByLoads && counts.every((count) => count >= SUSPICIOUS))) {
      this.#hold(changes);
      return [];
    }
    this.#reportRepeated(changes);
    return [...new Set([...held, ...changes.map(({ path }) => path)])];
  }

  /** Whether a load is expected to write this file. */
  expects(path: string): boolean {
    const isKnown = this.#state === "trial" || this.#state === "stopped";
    return isKnown && (this.#counts.get(path)?.count ?? 0) >= SUSPICIOUS;
  }

  /** Delays a trial before it serves: after that, a person may save the files that it is expected to write. */
  async beforeServing(signal: AbortSignal): Promise<void> {
    this.#loads.ready();
    if (this.#state === "trial") await isTimedOut(TRIAL_MS, new Promise(() => {}), signal);
  }

  reset(): void {
    this.#cancelTimer();
    this.#counts.clear();
    this.#held.clear();
    this.#state = "counting";
  }

  /** Takes changes that the trial, or a later load, was expected to make. */
  #confirm(changes: readonly FileChange[]): void {
    if (this.#state === "trial" && ++this.#trials < TRIALS) return this.#hold(changes);
    if (this.#state === "trial") this.log.stopped(changes);
    this.#state = "stopped";
  }

  /** Whether the trial, or a later load, has written the file as the loads before did. */
  #isExpected(change: FileChange): boolean {
    const write = this.#loads.writeOf(change);
    const before = this.#counts.get(change.path);
    if (!this.expects(change.path) || write === undefined || before === undefined) return false;
    return (write.isCertain || this.#state === "stopped") && isAlike(before.last, write);
  }

  /** Counts the loads in a row that have written a file. */
  #count(change: FileChange): number {
    const write = this.#loads.writeOf(change);
    const before = this.#counts.get(change.path);
    if (write === undefined || before?.last.load === write.load) return before?.count ?? 0;
    const earlier = before !== undefined && isAlike(before.last, write) ? before.count : 0;
    const count = earlier + (write.isCertain ? 1 : 0.5);
    this.#counts.set(change.path, { count, last: write });
    return count;
  }

  /** A file that a handler or a timer writes soon after each load is reported once: it may be saves. */
  #reportRepeated(changes: readonly FileChange[]): void {
    const [{ path, written, isNamed }] = changes;
    const { lastEnd } = this.#loads;
    const isSoon = written !== undefined && (lastEnd === undefined || written - lastEnd < REPEATED_MS);
    const before = this.#repeated.path === path ? this.#repeated.count : 0;
    const count = isSoon && !isNamed && changes.length === 1 ? before + 1 : 0;
    this.#repeated = { path, count };
    if (count < REPEATED || this.#reported.has(path)) return;
    this.#reported.add(path);
    this.log.repeated(changes[0]);
  }

  #hold(changes: readonly FileChange[]): void {
    if (this.#state === "counting") this.#trials = 0;
    this.#state = "waiting";
    for (const { path } of changes) this.#held.add(path);
    this.#cancelTimer();
    this.#cancelTimer = after(SILENCE_MS, () => {
      const paths = [...this.#held];
      this.#held.clear();
      this.#state = "trial";
      this.load(paths);
    });
  }
}
