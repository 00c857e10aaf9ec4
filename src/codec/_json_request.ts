import { decodeDocuments } from "../document/document.ts";
import { type DocumentArray, toDocumentArray } from "../document/document_array.ts";
import { INFINITE, lossIn } from "../document/json_value.ts";
import { InvalidRequestError, type Issue } from "../errors/mod.ts";
import type { Call } from "../protocol/protocol.ts";
import type { DecodedRequest } from "./codec.ts";
import { parseJson } from "./json_text.ts";

type Json = Record<string, unknown>;

const NO_DICT = { msg: "value is not a valid dict", type: "type_error.dict" };
const NO_TEXT = { msg: "str type expected", type: "type_error.str" };
const NONE = { msg: "none is not an allowed value", type: "type_error.none.not_allowed" };

/**
 * Decodes the body of a request in Jina's form, with camelCase or snake_case keys.
 *
 * @throws {InvalidRequestError} When it is not valid; the error names each invalid field.
 */
export function decodeBody(call: Call<string>): DecodedRequest<string> {
  const issues: Issue[] = [];
  // As in Jina, an empty body or an empty list is an empty request.
  const parsed = call.body.trim() === "" ? {} : parseJson(call.body);
  const body = Array.isArray(parsed) && parsed.length === 0 ? {} : parsed;
  if (!isObject(body)) throw new InvalidRequestError([{ loc: ["body"], ...NO_DICT }]);
  const text = (names: readonly string[], fallback: string) => readText(body, names, fallback, issues);
  // As in Jina, a target may be null, which means all Executors; an endpoint may not.
  const targets = ["targetExecutor", "target_executor"].filter((name) => body[name] !== null);
  const header = isObject(body.header) ? body.header : {};
  const parameters = readParameters(body.parameters, issues);
  const request: DecodedRequest<string> = {
    docs: readDocs(body.data, issues) ?? toDocumentArray([]),
    endpoint: call.endpoint ?? text(["execEndpoint", "exec_endpoint"], "/"),
    target: text(targets, ""),
    parameters,
    encodedParameters: Object.keys(parameters).length === 0 ? undefined : JSON.stringify(parameters),
    requestId: idOf(header.requestId) ?? idOf(header.request_id) ?? call.requestId,
  };
  if (issues.length > 0) throw new InvalidRequestError(issues);
  return request;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function idOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function readText(body: Json, names: readonly string[], fallback: string, issues: Issue[]): string {
  const name = names.find((name) => body[name] !== undefined);
  const value = name === undefined ? fallback : body[name];
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  issues.push({ loc: ["body", String(name)], ...(value === null ? NONE : NO_TEXT) });
  return fallback;
}

function readParameters(value: unknown, issues: Issue[]): Json {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) {
    issues.push({ loc: ["body", "parameters"], ...NO_DICT });
    return {};
  }
  const loss = lossIn(value);
  if (loss === undefined) return value;
  issues.push({ loc: ["body", "parameters", ...loss.steps], ...INFINITE });
  return {};
}

const DATA = () => ["body", "data"];

/** A list of documents, `{"docs": [...]}`, or one document alone. */
function readDocs(data: unknown, issues: Issue[]): DocumentArray | undefined {
  if (data === undefined || data === null) return undefined;
  if (!isObject(data)) return decodeDocuments(data, DATA, issues);
  if (data.docs !== undefined) return decodeDocuments(data.docs, () => [...DATA(), "docs"], issues);
  return Object.keys(data).length === 0 ? undefined : decodeDocuments([data], DATA, issues);
}
