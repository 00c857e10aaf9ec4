/** What JSON can hold without loss, and the place of what it cannot. @module */
import { invalidArgument, preview } from "../errors/mod.ts";

/** A value that cannot be sent. */
export class Unfit {
  /** The way to it, innermost step first. */
  readonly #steps: (string | number)[] = [];

  /**
   * @param wanted What is expected in its place.
   * @param value The value.
   * @param shown How messages show it.
   */
  constructor(readonly wanted: string, readonly value: unknown, readonly shown: string = preview(value)) {}

  /** Adds the step that leads to it from what it is in: a key or an index. */
  in(step: string | number): this {
    this.#steps.push(step);
    return this;
  }

  /** The steps from the outside. */
  get steps(): (string | number)[] {
    return this.#steps.toReversed();
  }

  /** The error to throw; it names the place, as in `docs[0].tags["two words"]`. */
  toError(): TypeError {
    const path = this.steps.map(written).join("").replace(/^\./, "");
    return invalidArgument(`Cannot send ${path}: ${this.wanted} is wanted, not ${this.shown}`);
  }
}

function written(step: string | number): string {
  if (typeof step === "number") return `[${step}]`;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}

/**
 * Writes a value as JSON.
 *
 * @param value The value.
 * @param name What messages call it.
 * @returns The JSON.
 * @throws {TypeError} When JSON would lose something of it; it names the place.
 */
export function toJson(value: unknown, name: string): string {
  checkJson(value, name);
  return JSON.stringify(value);
}

/** The check alone. @throws {TypeError} When JSON would lose something of it; it names the place. */
export function checkJson(value: unknown, name: string): void {
  const unfit = lossIn(value);
  if (unfit !== undefined) throw unfit.in(name).toError();
}

/**
 * Finds the first value that JSON would lose or turn into another one. A key whose value is `undefined` is taken as
 * not set; an `undefined` in an array would become `null`, and is a loss.
 *
 * @param value The value.
 * @param above The objects that it is in.
 * @returns That value; `undefined` when JSON holds all.
 */
export function lossIn(value: unknown, above?: Above): Unfit | undefined {
  switch (typeof value) {
    case "string":
    case "boolean":
      return undefined;
    case "number":
      return Number.isFinite(value) ? undefined : new Unfit("a finite number", value);
    case "object":
      return value === null ? undefined : lossInObject(value, above);
    default:
      return noJson(value);
  }
}

/** An object that is being looked through, and those that it is in. */
interface Above {
  readonly value: object;
  readonly above?: Above;
}

function lossInObject(value: object, above?: Above): Unfit | undefined {
  for (let one = above; one !== undefined; one = one.above) if (one.value === value) return cycle(value);
  if (Array.isArray(value)) {
    // JSON would have what it gives in place of the elements.
    if ("toJSON" in value) return noJson(value);
    return value.length === 0 ? undefined : lossInList(value, { value, above });
  }
  if (isPlain(value)) return lossInFields(value, { value, above });
  return isDate(value) ? lossInDate(value) : noJson(value);
}

function lossInList(list: readonly unknown[], above: Above): Unfit | undefined {
  for (let index = 0; index < list.length; index++) {
    const value = list[index];
    if (typeof value === "string") continue;
    const unfit = lossIn(value, above);
    if (unfit !== undefined) return unfit.in(index);
  }
}

/** The loop also sees keys of a prototype that somebody extended; they are looked at only when something is wrong. */
function lossInFields(fields: Record<string, unknown>, above: Above): Unfit | undefined {
  for (const key in fields) {
    const value = fields[key];
    if (value === undefined || typeof value === "string") continue;
    const unfit = lossIn(value, above);
    if (unfit !== undefined && Object.hasOwn(fields, key)) return unfit.in(key);
  }
}

/**
 * What is said of the only loss in a value that was read from JSON: its numbers have no limits, and one beyond those
 * of JavaScript is read as infinite.
 */
export const INFINITE = {
  msg: "ensure this value is a finite number",
  type: "value_error.number.not_finite_number",
};

/** Whether a value is an object literal, be it of another realm, and no instance of a class. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const proto = Object.getPrototypeOf(value);
  return proto === Object.prototype || proto === null ||
    (Object.getPrototypeOf(proto) === null && Object.hasOwn(proto, "hasOwnProperty"));
}

/** A date of another realm is one too. */
function isDate(value: object): value is Date {
  return value instanceof Date || Object.prototype.toString.call(value) === "[object Date]";
}

function lossInDate(date: Date): Unfit | undefined {
  if (Number.isNaN(date.getTime())) return new Unfit("a valid Date", date, "an invalid Date");
  // One that writes itself in another way may give anything.
  return typeof date.toJSON() === "string" ? undefined : noJson(date);
}

/** The error of a value that contains itself. */
export function cycle(value: object): Unfit {
  return new Unfit("a value that does not contain itself", value, "one that does");
}

const JSON_VALUES = "a string, a finite number, true, false, null, an array, a plain object or a Date";

function noJson(value: unknown): Unfit {
  return new Unfit(JSON_VALUES, value, `${nameOf(value)}${hintFor(value)}`);
}

/** JSON says little of a Map or a Promise: its class says more. */
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

/** What to write in its place. */
function hintFor(value: unknown): string {
  if (typeof value === "bigint") return "; write it as a string";
  if (typeof value !== "object" || value === null) return "";
  if (value instanceof Promise) return "; await it first";
  if (value instanceof Map) return "; Object.fromEntries() makes a plain object of it";
  if (Symbol.iterator in value) return "; Array.from() makes an array of it";
  return "toJSON" in value ? "; what its toJSON() gives can be sent" : "";
}
