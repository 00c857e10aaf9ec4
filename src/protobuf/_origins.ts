/** What documents and their fields came as, so that they go back as such. @module */

/** `_metadata` of a document of the first generation. */
export const metadata = new WeakMap<object, Uint8Array>();

/** The content of a `NodeProto`, by the number of its field; `NONE` of an empty one. */
export const NONE = 0;
export const TEXT = 1;
export const INTEGER = 2;
export const FLOAT = 3;
export const BOOLEAN = 4;
export const BLOB = 5;
export const NDARRAY = 6;
export const DOC = 7;
export const DOC_ARRAY = 8;
export const LIST = 9;
export const SET = 10;
export const TUPLE = 11;
export const DICT = 12;

/** What a value came as. */
export interface Kind {
  readonly content: number;
  /** The name of its class, such as `image_url`. */
  readonly type?: string;
}

/** The kinds without a type, by their content. */
export const KINDS: readonly Kind[] = Array.from({ length: 13 }, (_, content) => ({ content }));

/** The most types whose kinds are shared: senders choose their names. */
const MAX_TYPES = 256;
const typed = new Map<string, Kind>();

/** The kind with a content and a type. Equal ones are one object, as far as there are not too many. */
export function kindOf(content: number, type?: string): Kind {
  if (type === undefined) return KINDS[content];
  const key = `${content} ${type}`;
  let kind = typed.get(key);
  if (kind === undefined) {
    kind = { content, type };
    if (typed.size < MAX_TYPES) typed.set(key, kind);
  }
  return kind;
}

/** The kinds of a document's fields, or of a dict's values, by name. */
export type FieldKinds = ReadonlyMap<string, Kind>;

class OnObject {
  constructor(object: object) {
    return object;
  }
}

/** Adds a private field to any object: this is ten times as fast as a WeakMap for each document. */
class WithKinds extends OnObject {
  #kinds: FieldKinds;
  constructor(object: object, kinds: FieldKinds) {
    super(object);
    this.#kinds = kinds;
  }
  static of(object: object): FieldKinds | undefined {
    return #kinds in object ? object.#kinds : undefined;
  }
}

/** The kinds that the fields of a document or a dict came as. */
export function fieldKindsOf(object: object): FieldKinds | undefined {
  return WithKinds.of(object);
}

/** Notes the kinds of the fields of a document or a dict, once. */
export function setFieldKinds(object: object, kinds: FieldKinds): void {
  new WithKinds(object, kinds);
}

/** The kinds of the last document: most documents of a request have the same. */
let recent: { readonly names: readonly string[]; readonly kinds: readonly Kind[]; readonly map: FieldKinds } =
  {
    names: [],
    kinds: [],
    map: new Map(),
  };

/** The kinds by name. */
export function kindsByName(names: readonly string[], kinds: readonly Kind[]): FieldKinds {
  const isSame = names.length === recent.names.length &&
    names.every((name, index) => name === recent.names[index] && kinds[index] === recent.kinds[index]);
  if (!isSame) recent = { names, kinds, map: new Map(names.map((name, index) => [name, kinds[index]])) };
  return recent.map;
}

/** The kinds of the items of a list, a set or a tuple. */
export const itemKinds = new WeakMap<object, readonly Kind[]>();
/** The ids of documents that came without one. */
export const ownIds = new WeakMap<object, string>();

/** A field of a Document, by its name in a message, and the content that it has there. */
export const SLOTS: ReadonlyMap<string, readonly [field: string, content: number]> = new Map([
  ["id", ["id", TEXT]],
  ["text", ["text", TEXT]],
  ["url", ["uri", TEXT]],
  ["uri", ["uri", TEXT]],
  ["bytes_", ["blob", BLOB]],
  ["blob", ["blob", BLOB]],
  ["embedding", ["embedding", NDARRAY]],
  ["tensor", ["tensor", NDARRAY]],
  ["tags", ["tags", DICT]],
  ["chunks", ["chunks", DOC_ARRAY]],
  ["matches", ["matches", DOC_ARRAY]],
]);
