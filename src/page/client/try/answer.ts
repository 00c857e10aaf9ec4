/** What came back for a request. @module */
import { isObject, type Json } from "./draft.ts";

/** How many documents of an answer are kept at its beginning, and as many at its end. */
const KEPT = 100;

/** The documents of an answer: the first and the last ones, so that a stream without an end needs little memory. */
export class Documents {
  /** How many there were. */
  count = 0;
  readonly #first: unknown[] = [];
  #last: unknown[] = [];

  /** Adds the next one. */
  add(document: unknown): void {
    this.count++;
    if (this.#first.length < KEPT) return void this.#first.push(document);
    this.#last.push(document);
    if (this.#last.length >= 2 * KEPT) this.#last = this.#last.slice(-KEPT);
  }

  /** Those that are kept, each with its position from 0. */
  get kept(): (readonly [position: number, document: unknown])[] {
    const last = this.#last.slice(-KEPT);
    return [
      ...this.#first.map((one, index) => [index, one] as const),
      ...last.map((one, index) => [this.count - last.length + index, one] as const),
    ];
  }
}

/** An answer, or the lack of one. */
export interface Answer {
  /** The HTTP status; left out when there is no answer. */
  readonly status?: number;
  /** The status in words, or why there is no answer. */
  readonly note: string;
  /** How long it took, in milliseconds. */
  readonly ms: number;
  /** When the request was sent. */
  readonly at: number;
  /** The documents. */
  readonly docs: Documents;
  /** The rest: JSON without `data`, or a text. */
  readonly rest: unknown;
}

/** The id of the request, as its log lines have it. */
export function requestOf({ rest }: Pick<Answer, "rest">): string | undefined {
  const id = isObject(rest) && isObject(rest.header) ? rest.header.requestId : undefined;
  return typeof id === "string" ? id : undefined;
}

/** A field that has an invalid value, and why. */
export interface Issue {
  /** The steps to the field in the body: names and positions. */
  readonly steps: readonly string[];
  /** Why. */
  readonly message: string;
}

/** The issues of a refused request. */
export function issuesOf({ rest }: Pick<Answer, "rest">): Issue[] {
  const detail = isObject(rest) ? rest.detail : undefined;
  if (!Array.isArray(detail)) return [];
  return detail.filter(isObject).map(({ loc, msg }) => {
    const steps = (Array.isArray(loc) ? loc : []).map(String);
    const own = steps[0] === "body" ? steps.slice(1) : steps;
    return {
      steps: own[0] === "data" && own[1] === "docs" ? ["data", ...own.slice(2)] : own,
      message: String(msg),
    };
  });
}

/** A place in a file. */
export interface FilePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Why an Executor could not answer. */
export interface Failure {
  /** The error's name with its message. */
  readonly message: string;
  /** The Executor's class; empty when it is none's. */
  readonly executor: string;
  /** The lines of its stack. */
  readonly stack: readonly string[];
  /** The first place in the stack. */
  readonly place?: FilePlace;
}

const FRAME = /^\s*at .*?\(?((?:[A-Za-z]:)?\/[^():]*):(\d+):(\d+)\)?$/;

/** The failure that an answer tells of. */
export function failureOf({ rest }: Pick<Answer, "rest">): Failure | undefined {
  const status = isObject(rest) && isObject(rest.header) ? rest.header.status : undefined;
  if (!isObject(status) || status.code !== 1) return undefined;
  const { stacks, executor } = isObject(status.exception) ? status.exception : {} as Json;
  const stack = Array.isArray(stacks) ? stacks.map(String) : [];
  const [, file, line, column] = stack.map((text) => FRAME.exec(text)).find((match) => match !== null) ?? [];
  return {
    message: String(status.description),
    executor: typeof executor === "string" ? executor : "",
    stack,
    ...(file !== undefined && { place: { file, line: Number(line), column: Number(column) } }),
  };
}

/** A station of a request, with its times in milliseconds since the first one began. */
export interface Station {
  readonly name: string;
  readonly from: number;
  readonly ms: number;
  readonly failed: boolean;
}

/** The stations of a request, as its answer lists them. */
export function stationsOf({ rest }: Pick<Answer, "rest">): Station[] {
  const routes = isObject(rest) && Array.isArray(rest.routes) ? rest.routes.filter(isObject) : [];
  const times = routes.map(({ startTime, endTime }) =>
    [startTime, endTime].map((at) => Date.parse(String(at)))
  );
  const start = Math.min(...times.map(([from]) => from));
  return routes.map(({ executor, status }, index) => {
    const [from = NaN, to = NaN] = times[index] ?? [];
    return { name: String(executor), from: from - start, ms: to - from, failed: isObject(status) };
  }).filter(({ ms }) => Number.isFinite(ms));
}
