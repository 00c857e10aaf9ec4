import type { LogRecord } from "../../mod.ts";

/** How long anything may take to be logged or answered before a test fails. */
export const PATIENCE_MS = 60_000;

/** Collects log lines, and waits for them. */
export class LogTrap {
  readonly records: LogRecord[] = [];
  #waiting: { pattern: RegExp; from: number; found(record: LogRecord): void }[] = [];

  /** Where a Flow's log lines go. */
  readonly sink = (record: LogRecord): void => {
    this.records.push(record);
    const index = this.records.length - 1;
    this.#waiting = this.#waiting.filter(({ pattern, from, found }) => {
      if (index < from || !pattern.test(lineOf(record))) return true;
      found(record);
      return false;
    });
  };

  /** The lines as text, `LEVEL name message`. */
  get lines(): string[] {
    return this.records.map(lineOf);
  }

  /** How many lines there are now: a mark to wait from. */
  get mark(): number {
    return this.records.length;
  }

  /** The first line from a mark on that matches; waits for it when it is not there yet. */
  waitFor(pattern: RegExp, from = 0): Promise<LogRecord> {
    const there = this.records.slice(from).find((record) => pattern.test(lineOf(record)));
    if (there !== undefined) return Promise.resolve(there);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () =>
          reject(new Error(`No log line matches ${pattern} from line ${from} on:\n${this.lines.join("\n")}`)),
        PATIENCE_MS,
      );
      this.#waiting.push({ pattern, from, found: (record) => (clearTimeout(timer), resolve(record)) });
    });
  }

  /** How many lines from a mark on match. */
  count(pattern: RegExp, from = 0): number {
    return this.records.slice(from).filter((record) => pattern.test(lineOf(record))).length;
  }
}

function lineOf({ level, name, message }: LogRecord): string {
  return `${level.toUpperCase()} ${name} ${message}`;
}
