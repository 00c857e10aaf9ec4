/** Documents as plain objects, with all their fields as they are in JSON. @module */
import { invalidArgument, type Issue } from "../errors/mod.ts";
import { isRecord } from "./_fields.ts";
import { notADocument } from "./document.ts";
import { encodeEach, fieldJson, withFieldPath } from "./encode.ts";
import { newId } from "./ids.ts";
import { INFINITE, isPlain, lossIn, lossInFields, setOwn } from "./json_value.ts";

/** A document with the fields of a schema, and its id. */
export type PlainDocument = Record<string, unknown> & { id: string };

/** A copy of an object with the id: schemas may give frozen objects, or the same one several times. */
export function withId(value: object, id: string): PlainDocument {
  const doc: PlainDocument = { id, ...value };
  doc.id = id;
  return doc;
}

/** Puts the id into an instance of a class, so that it keeps its methods; into a copy of another object. */
export function withIdKept(value: object, id: string): PlainDocument {
  return !isPlain(value) && Reflect.set(value, "id", id) ? value as PlainDocument : withId(value, id);
}

/** Whether a value is an object with fields of its own, unlike a Promise, a Date or a Map. */
export function isPlainDocument(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const isObject = Object.prototype.toString.call(value) === "[object Object]";
  return isPlain(value) || isObject && Object.keys(value).length > 0;
}

/** Reads an array of documents from JSON; returns `undefined` after it has added problems to `issues`. */
export function decodePlain(
  value: unknown,
  loc: readonly string[],
  issues: Issue[],
): unknown[] | undefined {
  if (!Array.isArray(value)) {
    issues.push({ loc, msg: "value is not a valid list", type: "type_error.list" });
    return undefined;
  }
  const before = issues.length;
  const docs = value.map((item, index) => decodeOne(item, [...loc, index], issues));
  return issues.length === before ? docs : undefined;
}

function decodeOne(value: unknown, loc: Issue["loc"], issues: Issue[]): PlainDocument | undefined {
  if (!isRecord(value)) return void issues.push({ loc, ...notADocument(value) });
  const loss = lossInFields(value);
  if (loss !== undefined) return void issues.push({ loc: [...loc, ...loss.steps], ...INFINITE });
  const { id } = value;
  if (typeof id === "string" || typeof id === "number") return withId(value, String(id) || newId());
  if (id === undefined || id === null) return withId(value, newId());
  issues.push({ loc: [...loc, "id"], msg: "str type expected", type: "type_error.str" });
}

/**
 * Converts documents to JSON. Bytes and arrays of numbers are converted in the fields that a Document has for them.
 *
 * @param first The index of the first one, for messages.
 * @throws {TypeError} When JSON would lose a value; the message contains the path.
 */
export function encodePlain(docs: Iterable<PlainDocument>, first = 0): object[] {
  const all: object[] = [];
  withFieldPath(() => encodeEach(docs, "docs", (doc) => all.push(encodeOne(doc as PlainDocument)), first));
  return all;
}

function encodeOne(doc: PlainDocument): object {
  const issue = lossInFields(doc);
  if (issue === undefined) return doc;
  const json: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(doc)) {
    if (value === undefined) continue;
    const issue = lossIn(value);
    const converted = issue === undefined ? value : fieldJson(key, value)[key];
    if (issue !== undefined && converted === undefined) throw issue.within(key);
    setOwn(json, key, converted);
  }
  return json;
}

/** The id of a document that a handler gives: its own, or a new one. Throws when it is not a text. */
export function givenId({ id }: { readonly id?: unknown }, place: string): string {
  if (id === undefined || id === null || id === "") return newId();
  if (typeof id === "string") return id;
  throw invalidArgument(`Cannot send ${place}.id: expected a string, not ${JSON.stringify(id)}`);
}
