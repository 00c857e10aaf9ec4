import type { PageEventOf } from "../store.ts";

/** A line of the log. */
export type LogLine = PageEventOf<"log">;

/** One row of the log: a line of a message that may have several. */
export interface Row {
  readonly line: LogLine;
  readonly text: string;
  /** Whether it is the first row of its message, which has the time, the level and the name. */
  readonly isFirst: boolean;
}

/** Which lines are shown. */
export interface Filter {
  /** The name of an Executor, `Flow` or `gateway`; empty for all. */
  readonly name: string;
  /** The least level. */
  readonly level: LogLine["level"];
  /** Part of the message or the name, in any case. */
  readonly search: string;
  /** The id of a request; empty for all. */
  readonly request: string;
}

/** Lines that are kept. */
export const MOST_LINES = 5000;
/** Rows of one message that are kept. */
const MOST_ROWS = 200;
/** So many more are taken before the oldest are dropped, all at once. */
const SLACK = 500;

const LEVELS: readonly LogLine["level"][] = ["debug", "info", "warning", "error"];

/** The last lines of the log, and the rows of those that a filter lets through. */
export class LogLines {
  #lines: LogLine[] = [];
  #rows: Row[] = [];
  #filter: Filter = { name: "", level: "debug", search: "", request: "" };
  #names = new Set<string>();

  /** The rows that are shown, the oldest first. */
  get rows(): readonly Row[] {
    return this.#rows;
  }

  /** How many lines there are, shown or not. */
  get count(): number {
    return this.#lines.length;
  }

  /** The names of the loggers without their replicas. */
  get names(): readonly string[] {
    return [...this.#names].sort();
  }

  get filter(): Filter {
    return this.#filter;
  }

  set filter(filter: Filter) {
    this.#filter = filter;
    this.#rows = this.#lines.flatMap((line) => this.#rowsOf(line));
  }

  /** Takes a line; returns how many rows were dropped from the begin. */
  take(line: LogLine): number {
    this.#lines.push(line);
    this.#names.add(ownerOf(line));
    for (const row of this.#rowsOf(line)) this.#rows.push(row);
    if (this.#lines.length <= MOST_LINES + SLACK) return 0;
    this.#lines = this.#lines.slice(-MOST_LINES);
    this.#names = new Set(this.#lines.map(ownerOf));
    const kept = new Set(this.#lines);
    const first = this.#rows.findIndex(({ line }) => kept.has(line));
    const dropped = first === -1 ? this.#rows.length : first;
    this.#rows = this.#rows.slice(dropped);
    return dropped;
  }

  /** Forgets all lines. */
  clear(): void {
    this.#lines = [];
    this.#rows = [];
    this.#names.clear();
  }

  #rowsOf(line: LogLine): Row[] {
    if (!this.#lets(line)) return [];
    return line.message.split("\n", MOST_ROWS).map((text, at) => ({ line, text, isFirst: at === 0 }));
  }

  #lets(line: LogLine): boolean {
    const { name, level, search, request } = this.#filter;
    return (name === "" || ownerOf(line) === name) &&
      LEVELS.indexOf(line.level) >= LEVELS.indexOf(level) &&
      (request === "" || line.request === request) &&
      (search === "" || `${line.name} ${line.message}`.toLowerCase().includes(search.toLowerCase()));
  }
}

/** Whose line it is: `executor0` of `executor0/rep-0`. */
export function ownerOf({ name }: LogLine): string {
  return name.replace(/[/@].*$/, "");
}
