import { decodeDocuments, type Keep } from "../document/document.ts";
import { type DocumentArray, toDocumentArray } from "../document/document_array.ts";
import { INFINITE, lossIn } from "../document/json_value.ts";
import { decodePlain } from "../document/plain.ts";
import { InvalidRequestError, type Issue } from "../errors/mod.ts";
import type { Call } from "../protocol/protocol.ts";
import type { DecodedRequest, DocumentForm, FormOf } from "./codec.ts";
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
export function decodeBody(call: Call<string>, formOf?: FormOf): DecodedRequest<string> {
  const issues: Issue[] = [];
  // As in Jina, an empty body or an empty list is an empty request.
  const parsed = call.body.trim() === "" ? {} : parseJson(call.body);
  const body = Array.isArray(parsed) && parsed.length === 0 ? {} : parsed;
  if (!isObject(body)) throw new InvalidRequestError([{ loc: ["body"], ...NO_DICT }]);
  // Read before the documents, whose issues come first.
  const headIssues: Issue[] = [];
  const text = (names: readonly string[], fallback: string) => readText(body, names, fallback, headIssues);
  // As in Jina, a target may be null, which means all Executors; an endpoint may not.
  const targets = ["targetExecutor", "target_executor"].filter((name) => body[name] !== null);
  const header = isObject(body.header) ? body.header : {};
  const parameters = readParameters(body.parameters, issues);
  const endpoint = call.endpoint ?? text(["execEndpoint", "exec_endpoint"], "/");
  const requestId = idOf(header.requestId) ?? idOf(header.request_id) ?? call.requestId;
  const form = formOf?.(endpoint, requestId) ?? "document";
  const [data, docsLoc] = listIn(body.data);
  const request: DecodedRequest<string> = {
    docs: readDocs(data, docsLoc, form, issues) ?? toDocumentArray([]),
    endpoint,
    target: text(targets, ""),
    parameters,
    encodedParameters: Object.keys(parameters).length === 0 ? undefined : JSON.stringify(parameters),
    ...(form !== "document" && { form, docsLoc }),
    requestId,
  };
  issues.push(...headIssues);
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

/** The list of documents in a list, `{"docs": [...]}`, or one document alone; and its place. */
function listIn(data: unknown): [list: unknown, loc: readonly string[]] {
  const loc = ["body", "data"];
  if (!isObject(data)) return [data ?? undefined, loc];
  if (data.docs !== undefined) return [data.docs, [...loc, "docs"]];
  return [Object.keys(data).length === 0 ? undefined : [data], loc];
}

const KEEP: Readonly<Partial<Record<DocumentForm, Keep>>> = { open: "unknown", tolerant: "unfit" };

/** Reads documents in a form. */
export function readDocs(
  data: unknown,
  loc: readonly string[],
  form: DocumentForm,
  issues: Issue[],
): DocumentArray | undefined {
  if (data === undefined) return undefined;
  if (form === "plain") return decodePlain(data, loc, issues) as DocumentArray | undefined;
  return decodeDocuments(data, () => loc, issues, false, KEEP[form]);
}
