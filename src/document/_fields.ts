import { invalidArgument, preview } from "../errors/mod.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import { INFINITE, isPlain, lossIn, nameOf, Unfit } from "./json_value.ts";
import { decodeNdArray, encodeNdArray, isNdArray, isVector, type NdArray } from "./ndarray.ts";
import type { NamedScore } from "./document.ts";

/**
 * What a decoder answers when a value has not the right form: what is wanted, Jina's name for that kind of error, and
 * where inside the value.
 */
export class Wanted {
  constructor(readonly msg: string, readonly type: string, readonly at: readonly (string | number)[] = []) {}
}

/** How one field of a Document is written in JSON. `chunks` and `matches` are documents themselves and not in this table. */
export interface Field {
  /** The property's name on a Document. */
  readonly name: string;
  /** The name in JSON. */
  readonly json: string;
  /** From JSON, never `null`. */
  readonly decode: (value: unknown) => unknown;
  /** To JSON, or what cannot be sent; without it the value goes as it is. */
  readonly encode?: (value: never) => unknown;
  /** Whether a value on a Document, never `null`, can be read again from its JSON. */
  readonly fits: (value: unknown) => boolean;
  /** What is wanted there, in words. */
  readonly wanted: string;
  /** What exactly is wrong in a value that does not fit, where more than the field can be named. */
  readonly unfitIn?: (value: never) => Unfit | undefined;
  /** Whether only a value that fits can be encoded. Any other field is sent as it is, if JSON loses nothing of it. */
  readonly isExact?: true;
}

/**
 * As in Jina, a number where text is wanted becomes text; anything else is refused, and so is a number whose digits
 * were lost when it was read.
 */
function text(value: unknown): string | Wanted {
  if (typeof value === "string") return value;
  if (typeof value !== "number") return new Wanted("str type expected", "type_error.str");
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return String(value);
  return new Wanted("str type expected: a number beyond 2^53 loses digits", "type_error.str");
}

function number(value: unknown): number | Wanted {
  if (typeof value !== "number") return new Wanted("value is not a valid float", "type_error.float");
  return Number.isFinite(value) ? value : new Wanted(INFINITE.msg, INFINITE.type);
}

function integer(value: unknown): number | Wanted {
  return Number.isInteger(value)
    ? value as number
    : new Wanted("value is not a valid integer", "type_error.integer");
}

function record(value: unknown): object | Wanted {
  if (!isRecord(value)) return new Wanted("value is not a valid dict", "type_error.dict");
  const unfit = lossIn(value);
  return unfit === undefined ? value : new Wanted(INFINITE.msg, INFINITE.type, unfit.steps);
}

/** Bytes of another realm are some too, as those of a test runner that has one for each file. */
function isBytes(value: unknown): boolean {
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === "[object Uint8Array]";
}

function bytes(value: unknown): Uint8Array | Wanted {
  const decoded = typeof value === "string" ? fromBase64(value) : undefined;
  return decoded ?? new Wanted("value is not valid base64 text", "value_error.base64");
}

function ndarray(value: unknown): NdArray | Wanted {
  return decodeNdArray(value) ?? new Wanted("value is not an array of numbers", "type_error");
}

function location(value: unknown): number[] | Wanted {
  if (!Array.isArray(value)) return new Wanted("value is not a valid list", "type_error.list");
  for (const [index, item] of value.entries()) {
    const decoded = number(item);
    if (decoded instanceof Wanted) return new Wanted(decoded.msg, decoded.type, [index]);
  }
  return value;
}

function scores(value: unknown): Record<string, NamedScore> | Wanted {
  if (!isRecord(value)) return new Wanted("value is not a valid dict", "type_error.dict");
  const decoded: [string, unknown][] = [];
  for (const [name, item] of Object.entries(value)) {
    const score = scoreOf(item);
    if (score instanceof Wanted) return new Wanted(score.msg, score.type, [name, ...score.at]);
    decoded.push([name, score]);
  }
  // fromEntries defines properties, so that a key "__proto__" stays data.
  return Object.fromEntries(decoded) as Record<string, NamedScore>;
}

const SCORE_FIELDS = [
  ["value", "value", number],
  ["op_name", "opName", text],
  ["description", "description", text],
  ["ref_id", "refId", text],
] as const;

function scoreOf(value: unknown): unknown | Wanted {
  if (!isRecord(value)) return new Wanted("value is not a valid dict", "type_error.dict");
  const score: Record<string, unknown> = {};
  for (const [json, name, decode] of SCORE_FIELDS) {
    const field = value[json] ?? undefined;
    const decoded = field === undefined ? undefined : decode(field);
    if (decoded instanceof Wanted) return new Wanted(decoded.msg, decoded.type, [json]);
    if (decoded !== undefined) score[name] = decoded;
  }
  return score;
}

/** Whether something is an object literal, or an instance of a class with fields of a score. */
function hasScore(score: unknown): score is Record<string, unknown> {
  return isRecord(score) && (isPlain(score) || SCORE_FIELDS.some(([, name]) => name in score));
}

/** The first field of a score that has the wrong type. */
function unfitScore(scores: Record<string, unknown>): Unfit | undefined {
  for (const [name, score] of Object.entries(scores)) {
    if (!hasScore(score)) continue;
    for (const [, field, decode] of SCORE_FIELDS) {
      const kind = decode === number ? "number" : "string";
      const value = score[field] ?? undefined;
      if (value === undefined || typeof value === kind) continue;
      return new Unfit(`a ${kind}`, value, nameOf(value)).in(field).in(name);
    }
  }
}

/** JSON shows nothing of BigInts. */
function unfitArray(value: unknown): Unfit | undefined {
  const hasBigInts = ArrayBuffer.isView(value) && !(value instanceof DataView) &&
    typeof (value as BigInt64Array)[0] === "bigint";
  return hasBigInts ? new Unfit(NUMBERS, value, nameOf(value)) : undefined;
}

/** JSON of a Date is no object: its tags would be gone. */
function encodeTags(tags: unknown): unknown {
  if (!isRecord(tags) || isPlain(tags)) return tags;
  return lossIn(tags) ?? new Unfit("a plain object", tags, nameOf(tags));
}

function encodeScores(value: Record<string, NamedScore>): unknown {
  if (!isPlain(value)) return new Unfit("scores by name", value, nameOf(value));
  return mapValues(value, (score) => {
    if (!hasScore(score)) {
      throw invalidArgument(
        `Cannot write the score ${preview(score)}: an object such as { value: 0.5 } is wanted`,
      );
    }
    const { value, opName, description, refId } = score;
    return present({ value, op_name: opName, description, ref_id: refId });
  });
}

function present<T extends Record<string, unknown>>(fields: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null),
  ) as Partial<T>;
}

function mapValues<T, R>(value: Record<string, T>, map: (item: T) => R): Record<string, R> {
  // fromEntries defines properties, so that a key "__proto__" stays data.
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, map(item)]));
}

/** Whether a JSON value is an object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

type Kind = Omit<Field, "name" | "json">;

const TEXT: Kind = { decode: text, fits: (value) => typeof value === "string", wanted: "a string" };
const NUMBER: Kind = { decode: number, fits: (value) => typeof value === "number", wanted: "a number" };
const INTEGER: Kind = { decode: integer, fits: Number.isInteger, wanted: "a whole number" };
const TAGS: Kind = { decode: record, encode: encodeTags, fits: isRecord, wanted: "an object" };
const BYTES: Kind = {
  decode: bytes,
  encode: toBase64,
  fits: isBytes,
  wanted: "a Uint8Array",
  isExact: true,
};
const NUMBERS = "an array of finite numbers";
const NDARRAY: Kind = {
  decode: ndarray,
  encode: encodeNdArray,
  fits: isNdArray,
  wanted: NUMBERS,
  unfitIn: unfitArray,
  isExact: true,
};
const LOCATION: Kind = { ...NDARRAY, decode: location, fits: isVector };
const SCORES: Kind = {
  decode: scores,
  encode: encodeScores,
  fits: (value) => isRecord(value) && Object.values(value).every(hasScore) && unfitScore(value) === undefined,
  wanted: "scores by name",
  unfitIn: unfitScore,
};

const FIELDS: readonly Field[] = [
  { name: "id", json: "id", ...TEXT },
  { name: "parentId", json: "parent_id", ...TEXT },
  { name: "granularity", json: "granularity", ...INTEGER },
  { name: "adjacency", json: "adjacency", ...INTEGER },
  { name: "blob", json: "blob", ...BYTES },
  { name: "tensor", json: "tensor", ...NDARRAY },
  { name: "mimeType", json: "mime_type", ...TEXT },
  { name: "text", json: "text", ...TEXT },
  { name: "weight", json: "weight", ...NUMBER },
  { name: "uri", json: "uri", ...TEXT },
  { name: "tags", json: "tags", ...TAGS },
  { name: "offset", json: "offset", ...NUMBER },
  { name: "location", json: "location", ...LOCATION },
  { name: "embedding", json: "embedding", ...NDARRAY },
  { name: "modality", json: "modality", ...TEXT },
  { name: "evaluations", json: "evaluations", ...SCORES },
  { name: "scores", json: "scores", ...SCORES },
];

/** The fields by their name in JSON. */
export const BY_JSON: ReadonlyMap<string, Field> = new Map(FIELDS.map((field) => [field.json, field]));
/** The fields by their name on a Document. */
export const BY_NAME: ReadonlyMap<string, Field> = new Map(FIELDS.map((field) => [field.name, field]));

/** Whether an object can be taken for a document; a Promise, an Error or a Map cannot. */
export function hasFields(value: object): boolean {
  return isPlain(value) ||
    Object.keys(value).some((key) => BY_NAME.has(key) || key === "chunks" || key === "matches");
}
