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

/** The kinds of a document's fields, or of a dict's values, by name. */
export const fieldKinds = new WeakMap<object, ReadonlyMap<string, Kind>>();
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
