import { invalidArgument, preview } from "../errors/mod.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import { EncodeIssue, INFINITE, isPlain, lossIn, nameOf, setOwn } from "./json_value.ts";
import { decodeNdArray, encodeNdArray, isNdArray, isVector, type NdArray } from "./ndarray.ts";
import type { NamedScore } from "./document.ts";

/**
 * What a decoder returns for an invalid value: Jina's message and type of the problem, and the path inside the value.
 * Returned, not thrown, so that a request's problems are all found.
 */
export class DecodeIssue {
  constructor(readonly msg: string, readonly type: string, readonly at: readonly (string | number)[] = []) {}
}

/** The JSON form of a Document's field. `chunks` and `matches` are documents themselves, and not in this table. */
export interface Field {
  /** The property's name on a Document. */
  readonly name: string;
  /** The name in JSON. */
  readonly json: string;
  /** Reads a JSON value that is not `null`; returns a {@linkcode DecodeIssue} when it is invalid. */
  readonly decode: (value: unknown) => unknown;
  /** Converts a value to JSON, or to an {@linkcode EncodeIssue}; without it the value is sent unchanged. */
  readonly encode?: (value: never) => unknown;
  /** Whether the JSON of a Document's value, which is not `null`, can be read again. */
  readonly isValid: (value: unknown) => boolean;
  /** The expected value, for messages. */
  readonly expected: string;
  /** Finds the part of an invalid value that is invalid. */
  readonly issueIn?: (value: never) => EncodeIssue | undefined;
  /** Whether only valid values can be encoded. Other fields are sent unchanged if JSON loses nothing of them. */
  readonly isExact?: true;
}

/**
 * As in Jina, a number in place of a text becomes text. Other values are invalid, and so are numbers that lost digits
 * when they were parsed.
 */
function text(value: unknown): string | DecodeIssue {
  if (typeof value === "string") return value;
  if (typeof value !== "number") return new DecodeIssue("str type expected", "type_error.str");
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return String(value);
  return new DecodeIssue("str type expected: a number beyond 2^53 loses digits", "type_error.str");
}

function number(value: unknown): number | DecodeIssue {
  if (typeof value !== "number") return new DecodeIssue("value is not a valid float", "type_error.float");
  return Number.isFinite(value) ? value : new DecodeIssue(INFINITE.msg, INFINITE.type);
}

function integer(value: unknown): number | DecodeIssue {
  return Number.isInteger(value)
    ? value as number
    : new DecodeIssue("value is not a valid integer", "type_error.integer");
}

function record(value: unknown): object | DecodeIssue {
  if (!isRecord(value)) return new DecodeIssue("value is not a valid dict", "type_error.dict");
  const issue = lossIn(value);
  return issue === undefined ? value : new DecodeIssue(INFINITE.msg, INFINITE.type, issue.steps);
}

/** Also true for a `Uint8Array` of another realm: some test runners use one realm per file. */
function isBytes(value: unknown): boolean {
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === "[object Uint8Array]";
}

function bytes(value: unknown): Uint8Array | DecodeIssue {
  const decoded = typeof value === "string" ? fromBase64(value) : undefined;
  return decoded ?? new DecodeIssue("value is not valid base64 text", "value_error.base64");
}

function ndarray(value: unknown): NdArray | DecodeIssue {
  return decodeNdArray(value) ?? new DecodeIssue("value is not an array of numbers", "type_error");
}

function location(value: unknown): number[] | DecodeIssue {
  if (!Array.isArray(value)) return new DecodeIssue("value is not a valid list", "type_error.list");
  for (const [index, item] of value.entries()) {
    const decoded = number(item);
    if (decoded instanceof DecodeIssue) return new DecodeIssue(decoded.msg, decoded.type, [index]);
  }
  return value;
}

function scores(value: unknown): Record<string, NamedScore> | DecodeIssue {
  if (!isRecord(value)) return new DecodeIssue("value is not a valid dict", "type_error.dict");
  const decoded = {};
  for (const name of Object.keys(value)) {
    const score = scoreOf(value[name]);
    if (score instanceof DecodeIssue) return new DecodeIssue(score.msg, score.type, [name, ...score.at]);
    setOwn(decoded, name, score);
  }
  return decoded;
}

const SCORE_FIELDS = [
  { json: "value", name: "value", decode: number },
  { json: "op_name", name: "opName", decode: text },
  { json: "description", name: "description", decode: text },
  { json: "ref_id", name: "refId", decode: text },
] as const;

function scoreOf(value: unknown): unknown | DecodeIssue {
  if (!isRecord(value)) return new DecodeIssue("value is not a valid dict", "type_error.dict");
  const score: Record<string, unknown> = {};
  for (const { json, name, decode } of SCORE_FIELDS) {
    const field = value[json];
    if (field === undefined || field === null) continue;
    const decoded = decode(field);
    if (decoded instanceof DecodeIssue) return new DecodeIssue(decoded.msg, decoded.type, [json]);
    score[name] = decoded;
  }
  return score;
}

/** Whether a value is a plain object, or an instance of a class with fields of a score. */
function hasScore(score: unknown): score is Record<string, unknown> {
  return isRecord(score) && (isPlain(score) || SCORE_FIELDS.some(({ name }) => name in score));
}

/** Finds the first field of a score that has the wrong type. */
function invalidScore(scores: Record<string, unknown>): EncodeIssue | undefined {
  for (const name of Object.keys(scores)) {
    const score = scores[name];
    if (!hasScore(score)) continue;
    for (const { name: field, decode } of SCORE_FIELDS) {
      const kind = decode === number ? "number" : "string";
      const value = score[field] ?? undefined;
      if (value === undefined || typeof value === kind) continue;
      return new EncodeIssue(`a ${kind}`, value, nameOf(value)).within(field).within(name);
    }
  }
}

/** Finds BigInt arrays: a message that shows their JSON would not explain the problem. */
function invalidArray(value: unknown): EncodeIssue | undefined {
  const hasBigInts = ArrayBuffer.isView(value) && !(value instanceof DataView) &&
    typeof (value as BigInt64Array)[0] === "bigint";
  return hasBigInts ? new EncodeIssue(NUMBERS, value, nameOf(value)) : undefined;
}

/** Rejects tags that are not a plain object: the JSON of a Date, for one, is not an object. */
function encodeTags(tags: unknown): unknown {
  if (!isRecord(tags)) return tags;
  return lossIn(tags) ?? new EncodeIssue("a plain object", tags, nameOf(tags));
}

function encodeScores(value: Record<string, NamedScore>): unknown {
  if (!isPlain(value)) return new EncodeIssue("scores by name", value, nameOf(value));
  const json = {};
  for (const name of Object.keys(value)) setOwn(json, name, encodeScore(value[name]));
  return json;
}

function encodeScore(score: unknown): unknown {
  if (!hasScore(score)) {
    throw invalidArgument(
      `Cannot write the score ${preview(score)}: expected an object such as { value: 0.5 }`,
    );
  }
  const fields: Record<string, unknown> = {};
  for (const { json, name } of SCORE_FIELDS) {
    const value = score[name];
    if (value !== undefined && value !== null) fields[json] = value;
  }
  return fields;
}

/** Whether a JSON value is an object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

type Kind = Omit<Field, "name" | "json">;

const TEXT: Kind = { decode: text, isValid: (value) => typeof value === "string", expected: "a string" };
const NUMBER: Kind = { decode: number, isValid: (value) => typeof value === "number", expected: "a number" };
const INTEGER: Kind = { decode: integer, isValid: Number.isInteger, expected: "a whole number" };
const TAGS: Kind = { decode: record, encode: encodeTags, isValid: isRecord, expected: "an object" };
const BYTES: Kind = {
  decode: bytes,
  encode: toBase64,
  isValid: isBytes,
  expected: "a Uint8Array",
  isExact: true,
};
const NUMBERS = "an array of finite numbers";
const NDARRAY: Kind = {
  decode: ndarray,
  encode: encodeNdArray,
  isValid: isNdArray,
  expected: NUMBERS,
  issueIn: invalidArray,
  isExact: true,
};
const LOCATION: Kind = { ...NDARRAY, decode: location, isValid: isVector };
const SCORES: Kind = {
  decode: scores,
  encode: encodeScores,
  isValid: (value) =>
    isRecord(value) && Object.values(value).every(hasScore) && invalidScore(value) === undefined,
  expected: "scores by name",
  issueIn: invalidScore,
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

/** Whether an object is a plain one or has a field of a Document, unlike a Promise, an Error or a Map. */
export function hasFields(value: object): boolean {
  return isPlain(value) || Object.keys(value).some(isFieldName);
}

/** Whether a property of a Document has this name. */
export function isFieldName(name: string): boolean {
  return BY_NAME.has(name) || name === "chunks" || name === "matches" || name === "extra";
}
