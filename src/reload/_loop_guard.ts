import { after } from "../async/deadline.ts";

/** How many loads in a row have to write a file before it is suspected of reloading the Executor for ever. */
const SUSPICIOUS = 4;
/** How long nothing may be written before the load that proves it, in milliseconds. */
const SILENCE_MS = 1_000;
/** How long that load waits before it serves, so that what it has written is told of; in milliseconds. */
const TRIAL_MS = 250;
/** The clock of a file system is behind by up to so many milliseconds. */
const CLOCK_STEP_MS = 5;
/** A file that is written so soon after a load may be one that the load did not wait for. */
const TAIL_MS = 30;
/** A load writes its file at about the same time after its begin; a person does not. */
const MIN_JITTER_MS = 250;
const JITTER = 0.1;
/** How many reloads in a row by one file alone are worth a hint, each so soon after the one before. */
const STREAK = 6;
const STREAK_MS = 2_000;
/** How many loads are remembered. */
const MAX_LOADS = 20;

/** When a load began and ended, in milliseconds since 1970. */
interface Load {
  readonly begin: number;
  end: number;
  /** Whether it came to its end; a change gives up others. */
  isComplete: boolean;
  /** The files that were known to be written at its end. */
  writing: ReadonlySet<string>;
}

/** The load during which a file was written. */
interface Place {
  readonly load: Load;
  /** How sure that is: 1 is certain, a half is not. */
  readonly weight: number;
  /** How long after the load's begin it was, and how long before its end. */
  readonly sinceBegin: number;
  readonly untilEnd: number;
}

/** When the loads of a deployment were. */
class LoadTimes {
  #loads: Load[] = [];

  /** @param now The time in milliseconds since 1970. */
  constructor(private readonly now: () => number) {}

  /** A load begins; the result is to be called at its end, with the files that are known to be written then. */
  begin(): (isComplete: boolean, writing: Iterable<string>) => void {
    const load: Load = { begin: this.now(), end: Infinity, isComplete: false, writing: new Set() };
    this.#loads = [load, ...this.#loads.slice(0, MAX_LOADS - 1)];
    return (isComplete, writing) =>
      void Object.assign(load, { end: this.now(), isComplete, writing: new Set(writing) });
  }

  /** Since when no load has been under way; `undefined` during one and before the first. */
  get over(): number | undefined {
    const last = Math.max(...this.#loads.map(({ end }) => end));
    return Number.isFinite(last) ? last : undefined;
  }

  /** The load during which a file was written; `undefined` when it was outside of loads, or that is not known. */
  during({ path, written, isNamed }: FileChange): Place | undefined {
    const now = this.now();
    if (written === undefined) return undefined;
    const found = this.#loads.filter(({ begin, end }) =>
      written >= begin - CLOCK_STEP_MS && written <= end + (isNamed ? 0 : TAIL_MS)
    ).map((load) => {
      // Once a version serves, a person may save at once, and the time of the file may be a moment earlier.
      const isCertain = now <= load.end || written <= load.end - CLOCK_STEP_MS || load.writing.has(path);
      const untilEnd = load.isComplete ? load.end - written : Infinity;
      return { load, weight: isCertain ? 1 : 0.5, sinceBegin: written - load.begin, untilEnd };
    });
    return found.find(({ weight }) => weight === 1) ?? found.at(0);
  }
}

/** A file that has changed. */
export interface FileChange {
  readonly path: string;
  /** When it was written, in milliseconds since 1970; `undefined` when that is not known. */
  readonly written: number | undefined;
  /** Whether the Executor's options name it. */
  readonly isNamed: boolean;
}

/** What a guard calls. */
export interface GuardHooks {
  /** Loads what was held back. */
  load(paths: string[]): void;
  /** Says that these files are written by every load, and that their changes no longer reload the Executor. */
  stopped(changes: readonly FileChange[]): void;
  /** Says that one file reloads the Executor again and again. */
  repeated(change: FileChange): void;
}

/** The loads in a row that wrote a file. */
interface Rounds {
  readonly count: number;
  readonly last: Place;
}

/**
 * Keeps an Executor from being reloaded for ever by what its own loads write. Files that were written during several
 * loads in a row are held back until nothing was written for a while; then they are loaded once more, in a trial. If
 * that load writes them too, their changes are dropped. Any other change ends that, and is counted from the beginning.
 */
export class LoopGuard {
  readonly #loads: LoadTimes;
  readonly #rounds = new Map<string, Rounds>();
  /** What is held back until it is silent. */
  readonly #held = new Set<string>();
  /** The files that the trial is expected to write. */
  readonly #suspects = new Set<string>();
  #isProven = false;
  /** Files that a trial did not write: where it is not certain that a load wrote them, it was something else. */
  readonly #trusted = new Set<string>();
  #callOff = () => {};
  #streak = { path: "", count: 0 };
  /** Files that a hint was given about. */
  readonly #told = new Set<string>();

  /**
   * @param hooks What is called.
   * @param now The time in milliseconds since 1970.
   * @param wait Calls back after a time; the answer calls it off.
   */
  constructor(
    private readonly hooks: GuardHooks,
    now: () => number = Date.now,
    private readonly wait: (ms: number, callback: () => void) => () => void = after,
  ) {
    this.#loads = new LoadTimes(now);
  }

  /** Takes changes; answers the files that are to be loaded now. */
  admit(changes: readonly FileChange[]): string[] {
    if (changes.length === 0) return [];
    if (changes.every((change) => this.#isExpected(change))) {
      if (!this.#isProven) this.hooks.stopped(changes);
      this.#isProven = true;
      return [];
    }
    const held = [...this.#held];
    if (this.#suspects.size > 0) this.#acquit();
    const isForeign = changes.some((change) => this.#placeOf(change) === undefined);
    if (isForeign) this.reset();
    const counts = changes.map((change) => this.#count(change));
    if (!isForeign && (this.#held.size > 0 || counts.every((count) => count >= SUSPICIOUS))) {
      this.#hold(changes);
      return [];
    }
    this.#watchStreak(changes);
    return [...new Set([...held, ...changes.map(({ path }) => path)])];
  }

  /** A load begins; the result is to be called at its end, with the files that are known to be written then. */
  begin(): (isComplete: boolean, writing: Iterable<string>) => void {
    return this.#loads.begin();
  }

  /** Whether a change of this file is known to come from a load. */
  expects(path: string): boolean {
    return this.#suspects.has(path);
  }

  /** To be awaited by a load before it serves: from then on a person may save what a trial is expected to write. */
  async beforeServing(signal: AbortSignal): Promise<void> {
    if (this.#suspects.size === 0 || this.#isProven) return;
    await new Promise<void>((resolve) => {
      const callOff = this.wait(TRIAL_MS, resolve);
      signal.addEventListener("abort", () => (callOff(), resolve()), { once: true });
    });
    signal.throwIfAborted();
  }

  /** Counts from the beginning. */
  reset(): void {
    this.#callOff();
    this.#rounds.clear();
    this.#held.clear();
    this.#suspects.clear();
    this.#isProven = false;
  }

  #acquit(): void {
    if (!this.#isProven) { for (const path of this.#suspects) this.#trusted.add(path); }
    this.reset();
  }

  /** The load that wrote a file. */
  #placeOf(change: FileChange): Place | undefined {
    const found = this.#loads.during(change);
    return found?.weight === 1 || !this.#trusted.has(change.path) ? found : undefined;
  }

  /** Whether the trial, or another load after it, has written the file as it was expected to. */
  #isExpected(change: FileChange): boolean {
    const found = this.#placeOf(change);
    if (!this.#suspects.has(change.path) || found === undefined) return false;
    if (found.weight < 1 && !this.#isProven) return false;
    const before = this.#rounds.get(change.path);
    return before === undefined || isAlike(before.last, found);
  }

  /** Counts the loads in a row that wrote a file. */
  #count(change: FileChange): number {
    const found = this.#placeOf(change);
    const before = this.#rounds.get(change.path);
    if (found === undefined || before?.last.load === found.load) return before?.count ?? 0;
    const others = before !== undefined && isAlike(before.last, found) ? before.count : 0;
    const count = others + found.weight;
    this.#rounds.set(change.path, { count, last: found });
    return count;
  }

  #hold(changes: readonly FileChange[]): void {
    for (const { path } of changes) this.#held.add(path);
    this.#callOff();
    this.#callOff = this.wait(SILENCE_MS, () => {
      const paths = [...this.#held];
      this.#held.clear();
      for (const path of paths) this.#suspects.add(path);
      this.hooks.load(paths);
    });
  }

  /** A handler or a timer that writes a file does so outside of loads: there is only a hint about it. */
  #watchStreak(changes: readonly FileChange[]): void {
    const [change] = changes;
    const { over } = this.#loads;
    const isSoon = change.written !== undefined && (over === undefined || change.written - over < STREAK_MS);
    const isAlone = changes.length === 1 && !change.isNamed && isSoon;
    const before = this.#streak.path === change.path ? this.#streak.count : 0;
    this.#streak = { path: change.path, count: isAlone ? before + 1 : 0 };
    if (this.#streak.count < STREAK || this.#told.has(change.path)) return;
    this.#told.add(change.path);
    this.hooks.repeated(change);
  }
}

/** Whether a file was written at about the same time of two loads. */
function isAlike(one: Place, other: Place): boolean {
  const tolerance = Math.max(MIN_JITTER_MS, JITTER * one.sinceBegin);
  return Math.abs(one.sinceBegin - other.sinceBegin) <= tolerance ||
    Math.max(one.untilEnd, other.untilEnd) <= MIN_JITTER_MS;
}
