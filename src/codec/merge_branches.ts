import { isSameEncoded } from "../protocol/encoded.ts";

type Json = Record<string, unknown>;

/** Fields with documents, which are merged by id. */
const NESTED: ReadonlySet<string> = new Set(["chunks", "matches"]);
/** Fields that are merged by key. */
const KEYED: ReadonlySet<string> = new Set(["tags", "scores", "evaluations", "extra"]);

/** Creates a document, or the value of a field that is merged by key, from the fields of several. */
type Create = (fields: Json, sources: readonly Json[]) => Json;

/**
 * Merges the changes of several branches to the same documents, which are JSON values or Documents. Where two branches
 * changed the same field, the later one wins:
 *
 * - documents, also those in `chunks` and `matches`, are merged by id: all documents of all branches are kept, in the
 *   order in which the branches first contain them;
 * - `tags`, `scores`, `evaluations` and `extra` are merged by key;
 * - any other field, such as `embedding`, is taken as a whole; its removal is a change, too.
 */
export function mergeBranches(
  base: readonly Json[],
  branches: readonly (readonly Json[])[],
  create: Create = (fields) => fields,
): Json[] {
  const merge: Merge<readonly Json[]> = (base, changed) => mergeLists(base, changed, create);
  return pick(base, branches, merge) as Json[];
}

/** Merges the values that several branches have of one field. */
type Merge<T> = (base: T | undefined, changed: readonly T[]) => unknown;

/** The base when no branch changed it, the value of the only branch that did, or else the merged or last value. */
function pick<T>(base: T | undefined, all: readonly (T | undefined)[], merge?: Merge<T>): unknown {
  const changed = all.filter((value) => !isSame(value, base));
  const last = changed.at(-1);
  if (changed.length < 2 || last === undefined || merge === undefined) {
    return changed.length === 0 ? base : last;
  }
  return merge(base, changed.filter((value) => value !== undefined));
}

function mergeLists(
  base: readonly Json[] = [],
  branches: readonly (readonly Json[])[],
  create: Create,
): Json[] {
  const before = byId(base);
  const lists = branches.map(byId);
  const ids = new Set(lists.flatMap((docs) => [...docs.keys()]));
  return Array.from(ids, (id) => {
    const versions = lists.map((docs) => docs.get(id)).filter((doc) => doc !== undefined);
    const nested: Merge<readonly Json[]> = (base, changed) => mergeLists(base, changed, create);
    const keyed: Merge<Json> = (base, changed) => mergeRecords(base, changed, create);
    return mergeRecords(
      before.get(id),
      versions,
      create,
      (field) => NESTED.has(field) ? nested : KEYED.has(field) ? keyed : undefined,
    );
  });
}

/** Documents by id. Of documents with the same id, the second one is merged with the second ones of other branches. */
function byId(docs: readonly Json[]): Map<string, Json> {
  const found = new Map<string, Json>();
  for (const doc of docs) {
    let id = String(doc.id);
    while (found.has(id)) id += "\n";
    found.set(id, doc);
  }
  return found;
}

function mergeRecords(
  base: Json = {},
  versions: readonly Json[],
  create: Create,
  // deno-lint-ignore no-explicit-any -- the field's name determines the type
  mergeOf: (key: string) => Merge<any> | undefined = () => undefined,
): Json {
  const keys = new Set(versions.flatMap((version) => Object.keys(version)));
  const entries = Array.from(keys, (key): [string, unknown] => [
    key,
    pick(own(base, key), versions.map((version) => own(version, key)), mergeOf(key)),
  ]);
  // fromEntries defines properties: a key "__proto__" stays data.
  return create(Object.fromEntries(entries.filter(([, value]) => value !== undefined)), [base, ...versions]);
}

function own(record: Json, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** Whether two values are equal, in any order of keys. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  if (ArrayBuffer.isView(a) || ArrayBuffer.isView(b)) return isSameArray(a, b);
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isSame((a as Json)[key], (b as Json)[key]));
}

/** Whether two typed arrays are of one class and have the same bytes. */
function isSameArray(a: object, b: object): boolean {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b)) return false;
  const isOneClass = Object.prototype.toString.call(a) === Object.prototype.toString.call(b);
  if (!isOneClass || a.byteLength !== b.byteLength) return false;
  const [ours, theirs] = [a, b].map((view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  return isSameEncoded(ours, theirs);
}
