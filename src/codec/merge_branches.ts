type Json = Record<string, unknown>;

/** Fields that hold documents, merged by id like those that hold them. */
const NESTED: ReadonlySet<string> = new Set(["chunks", "matches"]);
/** Fields whose keys are each set on their own. */
const KEYED: ReadonlySet<string> = new Set(["tags", "scores", "evaluations"]);

/**
 * Merges what several branches made of the same documents, given as JSON. What a branch left as it was says nothing;
 * where two changed the same, the later branch wins:
 *
 * - documents are merged by id, and so are `chunks` and `matches`: each document that some branch gives is there, in
 *   the order in which the branches first name them;
 * - `tags`, `scores` and `evaluations` are merged by key;
 * - any other field is taken as a whole, an `embedding` too; that it was taken away is a change as well.
 *
 * @param base The documents as they were where the branches parted.
 * @param branches The documents as each branch left them; the later one wins.
 * @returns The documents of all branches.
 */
export function mergeBranches(base: readonly Json[], branches: readonly (readonly Json[])[]): Json[] {
  return pick(base, branches, mergeLists) as Json[];
}

/** Merges what several branches have in the place of one value. */
type Merge<T> = (base: T | undefined, changed: readonly T[]) => unknown;

/** What was changed: nothing, by one branch or by several, which then has to be merged or the last one wins. */
function pick<T>(base: T | undefined, all: readonly (T | undefined)[], merge?: Merge<T>): unknown {
  const changed = all.filter((value) => !isSame(value, base));
  const last = changed.at(-1);
  if (changed.length < 2 || last === undefined || merge === undefined) {
    return changed.length === 0 ? base : last;
  }
  const there = changed.filter((value) => value !== undefined);
  return merge(base, there);
}

function mergeLists(base: readonly Json[] = [], branches: readonly (readonly Json[])[]): Json[] {
  const before = byId(base);
  const lists = branches.map(byId);
  const ids = new Set(lists.flatMap((docs) => [...docs.keys()]));
  return Array.from(ids, (id) => {
    const versions = lists.map((docs) => docs.get(id)).filter((doc) => doc !== undefined);
    return mergeRecords(
      before.get(id),
      versions,
      (field) => NESTED.has(field) ? mergeLists : KEYED.has(field) ? mergeRecords : undefined,
    );
  });
}

/** An id may be there several times: the second document of that id is merged with the second ones of the others. */
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
  // deno-lint-ignore no-explicit-any -- the field's name tells the type
  mergeOf: (key: string) => Merge<any> | undefined = () => undefined,
): Json {
  const keys = new Set(versions.flatMap((version) => Object.keys(version)));
  const entries = Array.from(keys, (key): [string, unknown] => [
    key,
    pick(own(base, key), versions.map((version) => own(version, key)), mergeOf(key)),
  ]);
  // fromEntries defines properties: a key "__proto__" stays data.
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function own(record: Json, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** Whether two JSON values are the same; the order of keys does not count. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isSame((a as Json)[key], (b as Json)[key]));
}
