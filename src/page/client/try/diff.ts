/** What has changed between two answers to the same request. @module */
import { type Answer, failureOf } from "./answer.ts";
import { isObject, type Json } from "./draft.ts";
import { short } from "./sparkline.ts";

/** One difference. */
export interface Change {
  /** Where, such as `documents[0].text`. */
  readonly place: string;
  /** The value before, shortened to what differs; left out for what was added. */
  readonly before?: string;
  /** The value after; left out for what was removed. */
  readonly after?: string;
}

/** How many differences are looked for. */
const MAX_CHANGES = 100;

/** Fields whose values are ids. */
const IDS = ["id", "parent_id", "ref_id"];

/**
 * Compares two answers. Ids that are made for each request, and times of the requests, are not compared.
 *
 * @returns The differences, at most 100.
 */
export function differences(before: Answer, after: Answer): Change[] {
  const changes: Change[] = [];
  const find = new Comparison(changes, [before.at, after.at]);
  find.compare("status", before.status ?? before.note, after.status ?? after.note);
  find.compare("error", errorOf(before), errorOf(after));
  find.compare("parameters", parametersOf(before), parametersOf(after));
  find.documents("documents", docsOf(before), docsOf(after));
  if (before.docs.count !== after.docs.count) {
    find.compare("number of documents", before.docs.count, after.docs.count);
  }
  if (before.docs.count === 0 && after.docs.count === 0) {
    find.compare("answer", bodyOf(before), bodyOf(after));
  }
  return changes.slice(0, MAX_CHANGES);
}

function docsOf({ docs }: Answer): unknown[] {
  return docs.kept.map(([, doc]) => doc);
}

function errorOf(answer: Answer): unknown {
  const { rest } = answer;
  return failureOf(answer)?.message ?? (isObject(rest) ? rest.detail : undefined);
}

function parametersOf({ rest }: Answer): unknown {
  const parameters = isObject(rest) ? rest.parameters : undefined;
  return isObject(parameters) && Object.keys(parameters).length === 0 ? undefined : parameters ?? undefined;
}

/** What is left of an answer that is not one of Executors. */
function bodyOf({ rest }: Answer): unknown {
  return isObject(rest) && ("header" in rest || "detail" in rest) ? undefined : rest;
}

class Comparison {
  /** @param times When both requests were sent, in milliseconds since 1970. */
  constructor(readonly changes: Change[], readonly times: readonly [number, number]) {}

  /** Compares two values of any kind; `undefined` is a value that is not there. */
  compare(place: string, before: unknown, after: unknown): void {
    if (this.changes.length >= MAX_CHANGES || Object.is(before, after)) return;
    if (isObject(before) && isObject(after)) return this.#objects(place, before, after);
    if (Array.isArray(before) && Array.isArray(after)) return this.#lists(place, before, after);
    if (this.#isTime(before, after)) return;
    this.#add(place, before, after);
  }

  /** Compares lists of documents: by their ids where both have the same ones, or else by their positions. */
  documents(place: string, before: readonly unknown[], after: readonly unknown[]): void {
    const [old, now] = [before, after].map((docs) => new Map(docs.map((doc) => [Object(doc).id, doc])));
    const shared = [...old.keys()].filter((id) => id !== undefined && now.has(id));
    const isById = shared.length > 0 && old.size === before.length && now.size === after.length;
    if (!isById) {
      for (let index = 0; index < Math.max(before.length, after.length); index++) {
        this.compare(`${place}[${index}]`, withoutIds(before[index]), withoutIds(after[index]));
      }
      return;
    }
    const order = [...now.keys()].filter((id) => old.has(id));
    if (shared.join() !== order.join()) this.#add(`order of ${place}`, shared.join(", "), order.join(", "));
    const position = new Map(before.map((doc, index) => [Object(doc).id, index]));
    for (const [id, doc] of old) {
      const name = `${place}[${position.get(id)}]`;
      this.compare(name, doc, now.get(id));
    }
    for (const [id, doc] of now) {
      if (!old.has(id)) this.compare(`${place}[${after.indexOf(doc)}]`, undefined, doc);
    }
  }

  #objects(place: string, before: Json, after: Json): void {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const [old, now] = [before[name], after[name]];
      if (IDS.includes(name) && isMade(old) && isMade(now)) continue;
      const inner = /^[\w$]+$/.test(name) ? `${place}.${name}` : `${place}[${JSON.stringify(name)}]`;
      const isNested = (name === "chunks" || name === "matches") && Array.isArray(old) && Array.isArray(now);
      if (isNested) this.documents(inner, old, now);
      else this.compare(inner, old, now);
    }
  }

  #lists(place: string, before: readonly unknown[], after: readonly unknown[]): void {
    const areNumbers = [...before, ...after].every((one) => typeof one === "number");
    if (!areNumbers || Math.max(before.length, after.length) <= 4) {
      const length = Math.max(before.length, after.length);
      for (let index = 0; index < length; index++) {
        this.compare(`${place}[${index}]`, before[index], after[index]);
      }
      return;
    }
    if (before.length !== after.length) return this.#add(`length of ${place}`, before.length, after.length);
    const steps = before.map((one, index) => Math.abs((one as number) - (after[index] as number)))
      .filter((step) => step > 0);
    if (steps.length === 0) return;
    const most = steps.reduce((one, other) => Math.max(one, other));
    const text = `${steps.length} of ${before.length} numbers differ, by up to ${short(most)}`;
    this.changes.push({ place, after: text });
  }

  /** Whether two values are the times of both requests, as ISO 8601 text or as milliseconds or seconds since 1970. */
  #isTime(...values: readonly unknown[]): boolean {
    return values.every((value, index) => {
      const time = typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : value;
      const at = this.times[index] ?? NaN;
      return typeof time === "number" && [time, time * 1000].some((one) => Math.abs(one - at) < 60_000);
    });
  }

  #add(place: string, before: unknown, after: unknown): void {
    const [old, now] = [before, after].map(textOf);
    const isBoth = old !== undefined && now !== undefined;
    const [from, to] = isBoth ? differing(old, now) : [old, now];
    this.changes.push({
      place,
      ...(from !== undefined && { before: clipped(from) }),
      ...(to !== undefined && { after: clipped(to) }),
    });
  }
}

/** Whether a value is an id as they are made for documents without one. */
function isMade(id: unknown): boolean {
  return typeof id === "string" && /^[0-9a-f]{32}$/.test(id);
}

function withoutIds(value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => !IDS.includes(name)));
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The longest text of a value that is shown. */
const MAX_LENGTH = 600;
/** How much is shown around the part of a long text that differs. */
const AROUND = 40;

/** Cuts what two long texts have in common at their beginnings and ends. */
function differing(before: string, after: string): [string, string] {
  if (Math.max(before.length, after.length) <= 3 * AROUND) return [before, after];
  const shortest = Math.min(before.length, after.length);
  let start = 0;
  while (start < shortest && before[start] === after[start]) start++;
  let end = 0;
  while (end < shortest - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  const from = Math.max(start - AROUND, 0);
  const cut = (text: string) => {
    const to = Math.min(text.length - end + AROUND, text.length);
    return `${from > 0 ? "…" : ""}${text.slice(from, to)}${to < text.length ? "…" : ""}`;
  };
  return [cut(before), cut(after)];
}

function clipped(text: string): string {
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}
