import { fromBase64, toBase64 } from "../runtime/base64.ts";
import { decodeNdArray, encodeNdArray, isNdArray, type NdArray } from "./ndarray.ts";
import type { NamedScore } from "./document.ts";

/** What a decoder answers when a value has not the right form: what is wanted, and Jina's name for that kind of error. */
export class Wanted {
  constructor(readonly msg: string, readonly type: string) {}
}

/** How one field of a Document is written in JSON. `chunks` and `matches` are documents themselves and not in this table. */
export interface Field {
  /** The property's name on a Document. */
  readonly name: string;
  /** The name in JSON. */
  readonly json: string;
  /** From JSON, never `null`. */
  readonly decode: (value: unknown) => unknown;
  /** To JSON; without it the value goes as it is. */
  readonly encode?: (value: never) => unknown;
  /** Whether a value on a Document, never `null`, can be read again from its JSON. */
  readonly fits: (value: unknown) => boolean;
  /** What is wanted there, in words. */
  readonly wanted: string;
}

/** As in Jina, a number where text is wanted becomes text; anything else is refused. */
function text(value: unknown): string | Wanted {
  if (typeof value === "string") return value;
  return typeof value === "number" ? String(value) : new Wanted("str type expected", "type_error.str");
}

function number(value: unknown): number | Wanted {
  return typeof value === "number" ? value : new Wanted("value is not a valid float", "type_error.float");
}

function integer(value: unknown): number | Wanted {
  return Number.isInteger(value)
    ? value as number
    : new Wanted("value is not a valid integer", "type_error.integer");
}

function record(value: unknown): object | Wanted {
  return isRecord(value) ? value : new Wanted("value is not a valid dict", "type_error.dict");
}

function bytes(value: unknown): Uint8Array | Wanted {
  const decoded = typeof value === "string" ? fromBase64(value) : undefined;
  return decoded ?? new Wanted("value is not valid base64 text", "value_error.base64");
}

function ndarray(value: unknown): NdArray | Wanted {
  return decodeNdArray(value) ?? new Wanted("value is not an array of numbers", "type_error.ndarray");
}

function location(value: unknown): number[] | Wanted {
  return Array.isArray(value) && value.every((item) => typeof item === "number")
    ? value
    : new Wanted("value is not an array of numbers", "type_error.list");
}

function scores(value: unknown): Record<string, NamedScore> | Wanted {
  if (!isRecord(value) || !Object.values(value).every(isScore)) {
    return new Wanted("value is not a valid dict", "type_error.dict");
  }
  return mapValues(value, (score) => {
    const { value, op_name, description, ref_id } = score as Record<string, never>;
    return { ...present({ value, opName: op_name, description, refId: ref_id }) } as unknown as NamedScore;
  });
}

function isScore(score: unknown): boolean {
  return isRecord(score) && ["number", "undefined"].includes(typeof (score.value ?? undefined));
}

function encodeScores(value: Record<string, NamedScore>): unknown {
  return mapValues(
    value,
    ({ value, opName, description, refId }) =>
      present({ value, op_name: opName, description, ref_id: refId }),
  );
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
const RECORD: Kind = { decode: record, fits: isRecord, wanted: "an object" };
const BYTES: Kind = {
  decode: bytes,
  encode: toBase64,
  fits: (value) => value instanceof Uint8Array,
  wanted: "a Uint8Array",
};
const NDARRAY: Kind = {
  decode: ndarray,
  encode: encodeNdArray,
  fits: isNdArray,
  wanted: "an array of finite numbers",
};
const LOCATION: Kind = { decode: location, fits: isNdArray, wanted: "an array of finite numbers" };
const SCORES: Kind = {
  decode: scores,
  encode: encodeScores,
  fits: (value) => isRecord(value) && Object.values(value).every(isScore),
  wanted: "scores by name",
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
  { name: "tags", json: "tags", ...RECORD },
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
