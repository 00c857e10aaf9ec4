/** Finds values that JSON cannot hold without loss, with their path. @module */
import { invalidArgument, preview } from "../errors/mod.ts";

/** A value that cannot be sent, with its path. {@linkcode EncodeIssue.toError} makes the error of it. */
export class EncodeIssue {
  /** The path, innermost step first. */
  readonly #steps: (string | number)[] = [];

  /** @param shown The value as messages show it. */
  constructor(readonly expected: string, readonly value: unknown, readonly shown: string = preview(value)) {}

  /** Adds the next outer step of the path: the key or index of the value in what contains it. */
  within(step: string | number): this {
    this.#steps.push(step);
    return this;
  }

  /** The path, outermost step first. */
  get steps(): (string | number)[] {
    return this.#steps.toReversed();
  }

  /** Creates the error, whose message contains the path, as in `docs[0].tags["two words"]`. */
  toError(): TypeError {
    const path = this.steps.map(pathStep).join("").replace(/^\./, "");
    return invalidArgument(`Cannot send ${path}: expected ${this.expected}, not ${this.shown}`);
  }
}

/** Adds the next outer step to the path of an error, if it has one. */
export function located(error: unknown, step: string | number): unknown {
  return error instanceof EncodeIssue ? error.within(step) : error;
}

function pathStep(step: string | number): string {
  if (typeof step === "number") return `[${step}]`;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}

/** Converts a value to JSON text; throws as {@linkcode checkJson}. */
export function toJson(value: unknown, name: string): string {
  checkJson(value, name);
  return JSON.stringify(value);
}

/** Throws a `TypeError` when JSON would lose a part of a value. The message contains its path, which begins with `name`. */
export function checkJson(value: unknown, name: string): void {
  const issue = lossIn(value);
  if (issue !== undefined) throw issue.within(name).toError();
}

/**
 * Finds the first value that JSON would lose or change. A key whose value is `undefined` counts as not set; an
 * `undefined` in an array would become `null`, and counts as a loss.
 *
 * @param ancestors The objects that contain the value.
 */
export function lossIn(value: unknown, ancestors?: Ancestors): EncodeIssue | undefined {
  switch (typeof value) {
    case "string":
    case "boolean":
      return undefined;
    case "number":
      return Number.isFinite(value) ? undefined : new EncodeIssue("a finite number", value);
    case "object":
      return value === null ? undefined : lossInObject(value, ancestors);
    default:
      return notJson(value);
  }
}

/** An object that is being searched, linked to the one that contains it. */
export interface Ancestors {
  readonly value: object;
  readonly parent?: Ancestors;
}

/** Whether an object is one of those that contain it. */
export function isWithin(value: object, ancestors?: Ancestors): boolean {
  for (let one = ancestors; one !== undefined; one = one.parent) if (one.value === value) return true;
  return false;
}

function lossInObject(value: object, parent?: Ancestors): EncodeIssue | undefined {
  if (isWithin(value, parent)) return cycle(value);
  if (Array.isArray(value)) {
    // JSON would contain the result of `toJSON()` in place of the elements.
    if ("toJSON" in value) return notJson(value);
    return lossInList(value, parent);
  }
  if (isPlain(value)) return lossInFields(value, parent);
  return isDate(value) ? lossInDate(value) : notJson(value);
}

/** Whether JSON can hold a value, and it is neither an object nor an array. */
function isScalar(value: unknown): boolean {
  return typeof value === "string" || Number.isFinite(value) || typeof value === "boolean" || value === null;
}

function lossInList(list: readonly unknown[], parent?: Ancestors): EncodeIssue | undefined {
  let ancestors: Ancestors | undefined;
  for (let index = 0; index < list.length; index++) {
    const value = list[index];
    if (isScalar(value)) continue;
    const issue = lossIn(value, ancestors ??= { value: list, parent });
    if (issue !== undefined) return issue.within(index);
  }
}

/**
 * Finds the first value of a plain object that JSON would lose or change.
 *
 * The loop includes keys of an extended prototype; whether a key is inherited is checked only after a loss.
 */
export function lossInFields(fields: Record<string, unknown>, parent?: Ancestors): EncodeIssue | undefined {
  let ancestors: Ancestors | undefined;
  for (const key in fields) {
    const value = fields[key];
    if (value === undefined || isScalar(value)) continue;
    const issue = lossIn(value, ancestors ??= { value: fields, parent });
    if (issue !== undefined && Object.hasOwn(fields, key)) return issue.within(key);
  }
}

/**
 * The problem of a number in JSON that is beyond the range of JavaScript and was parsed as infinite. Parsed JSON can
 * contain no other loss.
 */
export const INFINITE = {
  msg: "ensure this value is a finite number",
  type: "value_error.number.not_finite_number",
};

/** Whether a value is an object literal, also of another realm, and not an instance of a class. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const proto = Object.getPrototypeOf(value);
  return proto === Object.prototype || proto === null ||
    (Object.getPrototypeOf(proto) === null && Object.hasOwn(proto, "hasOwnProperty"));
}

/** Sets a property; a key "__proto__" stays data. */
export function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") object[key] = value;
  else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

/** Whether an object is a Date, also of another realm. */
function isDate(value: object): value is Date {
  return value instanceof Date || Object.prototype.toString.call(value) === "[object Date]";
}

function lossInDate(date: Date): EncodeIssue | undefined {
  if (Number.isNaN(date.getTime())) return new EncodeIssue("a valid Date", date, "an invalid Date");
  // An overridden `toJSON()` may return anything.
  return typeof date.toJSON() === "string" ? undefined : notJson(date);
}

/** The issue of a value that contains itself. */
export function cycle(value: object): EncodeIssue {
  return new EncodeIssue("a value that does not contain itself", value, "one that does");
}

const JSON_VALUES = "a string, a finite number, true, false, null, an array, a plain object or a Date";

function notJson(value: unknown): EncodeIssue {
  return new EncodeIssue(JSON_VALUES, value, `${nameOf(value)}${hintFor(value)}`);
}

/** Describes a value for messages; by its class where JSON would show little of it, as of a Map or a Promise. */
export function nameOf(value: unknown): string {
  if (typeof value === "bigint") return `the BigInt ${value}`;
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null || isPlain(value)) return preview(value);
  if (Array.isArray(value) && !("toJSON" in value)) return preview(value);
  const name = Object.getPrototypeOf(value)?.constructor?.name || "Object";
  return name === "Object"
    ? "an object with another prototype"
    : `${/^(?:[AEIO]|Un)/.test(name) ? "an" : "a"} ${name}`;
}

/** A hint on how to convert the value. */
function hintFor(value: unknown): string {
  if (typeof value === "bigint") return "; write it as a string";
  if (typeof value !== "object" || value === null) return "";
  if (value instanceof Promise) return "; await it first";
  if (value instanceof Map) return "; convert it with Object.fromEntries()";
  if (Symbol.iterator in value) return "; convert it with Array.from()";
  return "toJSON" in value ? "; send the result of its toJSON()" : "";
}
