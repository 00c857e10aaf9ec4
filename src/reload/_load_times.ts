import type { Clock } from "../async/clock.ts";

/** How many loads are remembered. */
const MAX_LOADS = 20;
/** The clock of a file system may lag behind by this many milliseconds. */
const CLOCK_LAG_MS = 5;
/**
 * A file that is written this soon after a load may have been written by it, without the load waiting for that: within
 * this part of the load's duration, since a busy machine delays both, and within these limits.
 */
const TAIL = 0.5;
const MIN_TAIL_MS = 30;
const MAX_TAIL_MS = 250;
/** Loads write a file at about the same time after their begin, or before their end; a person does not. */
const MIN_JITTER_MS = 250;
const JITTER = 0.1;

/** A file that has changed. */
export interface FileChange {
  readonly path: string;
  /** When it was written, in milliseconds since 1970; `undefined` when that is unknown. */
  readonly written: number | undefined;
  /** Whether the Executor's options name it. */
  readonly isNamed: boolean;
}

/** When a load began and ended, in milliseconds since 1970. */
interface Load {
  readonly begin: number;
  end: number;
  /** When its version could serve, or it failed; `Infinity` before that, and if it was given up. */
  readyAt: number;
  /** The files that were being written at its end. */
  writing: ReadonlySet<string>;
}

/** Ends a load, given whether it was not given up, and the files that are being written. */
export type EndLoad = (isComplete: boolean, writing: Iterable<string>) => void;

/** A write of a file during a load. */
export interface LoadWrite {
  readonly load: Load;
  /** Whether the load certainly made it. A person may save a file as soon as the load serves. */
  readonly isCertain: boolean;
  readonly sinceBegin: number;
  readonly untilEnd: number;
}

/** The times of a deployment's loads, by which writes of files are attributed to them. */
export class LoadTimes {
  #loads: Load[] = [];

  /** @param clock The clock. */
  constructor(private readonly clock: Clock) {}

  /** Records the begin of a load. */
  begin(): EndLoad {
    const load: Load = { begin: this.clock.now(), end: Infinity, readyAt: Infinity, writing: new Set() };
    this.#loads = [load, ...this.#loads.slice(0, MAX_LOADS - 1)];
    return (isComplete, writing) => {
      load.end = this.clock.now();
      load.readyAt = isComplete ? Math.min(load.readyAt, load.end) : Infinity;
      load.writing = new Set(writing);
    };
  }

  /** Records that the version of the load under way could serve. */
  ready(): void {
    this.#loads[0].readyAt = this.clock.now();
  }

  /** When the last load ended; `undefined` during a load and before the first. */
  get lastEnd(): number | undefined {
    const last = Math.max(...this.#loads.map(({ end }) => end));
    return Number.isFinite(last) ? last : undefined;
  }

  /** The load that a file was written in; `undefined` when it was not during a load, or its time is unknown. */
  writeOf({ path, written, isNamed }: FileChange): LoadWrite | undefined {
    if (written === undefined) return undefined;
    const now = this.clock.now();
    const found = this.#loads.filter(({ begin, end }) =>
      written >= begin - CLOCK_LAG_MS && written <= end + (isNamed ? 0 : tailOf(end - begin))
    ).map((load) => ({
      load,
      isCertain: now <= load.end || written <= load.end - CLOCK_LAG_MS || load.writing.has(path),
      sinceBegin: written - load.begin,
      untilEnd: load.readyAt - written,
    }));
    return found.find(({ isCertain }) => isCertain) ?? found.at(0);
  }
}

function tailOf(duration: number): number {
  return Math.min(Math.max(MIN_TAIL_MS, TAIL * duration), MAX_TAIL_MS);
}

/** Whether a file was written at about the same time of two loads. */
export function isAlike(one: LoadWrite, other: LoadWrite): boolean {
  const tolerance = Math.max(MIN_JITTER_MS, JITTER * one.sinceBegin);
  return Math.abs(one.sinceBegin - other.sinceBegin) <= tolerance ||
    Math.max(one.untilEnd, other.untilEnd) <= MIN_JITTER_MS;
}
