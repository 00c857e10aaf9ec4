import { decodeDocuments } from "../document/document.ts";
import { DocumentArray, toDocumentArray } from "../document/document_array.ts";
import { INFINITE, lossIn } from "../document/json_value.ts";
import { InvalidRequestError, type Issue } from "../errors/mod.ts";
import { breakOf } from "./_json_break.ts";
import { mergeBranches } from "./merge_branches.ts";
import type { Call } from "../protocol/protocol.ts";

/** A request as the Executors see it. */
export interface ParsedRequest {
  docs: DocumentArray;
  endpoint: string;
  target: string;
  parameters: Record<string, unknown>;
  /** The parameters as JSON, as the next Executor gets them: what a handler does to its copy is its own. */
  readonly parametersJson: string;
  requestId: string;
}

type Json = Record<string, unknown>;

/**
 * Reads a request: Jina's body with its camelCase or snake_case keys, or what an Executor before this one passed on.
 *
 * @throws {InvalidRequestError} Naming each field that is not right.
 */
export function parseCall(call: Call): ParsedRequest {
  const { envelope } = call;
  if (envelope === undefined) return parseBody(call);
  const parametersJson = envelope.parameters ?? "{}";
  return {
    docs: DocumentArray.fromJSON(documentsOf(call)),
    endpoint: envelope.endpoint,
    target: envelope.target ?? "",
    parameters: JSON.parse(parametersJson) as Json,
    parametersJson,
    requestId: call.requestId,
  };
}

function documentsOf({ body, branches }: Call): unknown {
  const docs = JSON.parse(body);
  return branches === undefined ? docs : mergeBranches(docs, branches.map((branch) => JSON.parse(branch)));
}

function parseBody(call: Call): ParsedRequest {
  const issues: Issue[] = [];
  // Jina reads an empty body, and an empty list in its place, as a request without anything.
  const parsed = call.body.trim() === "" ? {} : parseJson(call.body);
  const body = Array.isArray(parsed) && parsed.length === 0 ? {} : parsed;
  if (!isObject(body)) {
    throw new InvalidRequestError([{
      loc: ["body"],
      msg: "value is not a valid dict",
      type: "type_error.dict",
    }]);
  }
  const text = (names: readonly string[], fallback: string) => readText(body, names, fallback, issues);
  // As in Jina: no target means all, an endpoint has to be there.
  const targets = ["targetExecutor", "target_executor"].filter((name) => body[name] !== null);
  const header = isObject(body.header) ? body.header : {};
  const parameters = readParameters(body.parameters, issues);
  const request = {
    docs: readDocs(body.data, issues) ?? toDocumentArray([]),
    endpoint: call.endpoint ?? text(["execEndpoint", "exec_endpoint"], "/"),
    target: text(targets, ""),
    parameters,
    parametersJson: JSON.stringify(parameters),
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
  const loc = ["body", String(name)];
  if (value === null) {
    issues.push({ loc, msg: "none is not an allowed value", type: "type_error.none.not_allowed" });
  } else issues.push({ loc, msg: "str type expected", type: "type_error.str" });
  return fallback;
}

function readParameters(value: unknown, issues: Issue[]): Json {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) {
    issues.push({ loc: ["body", "parameters"], msg: "value is not a valid dict", type: "type_error.dict" });
    return {};
  }
  const unfit = lossIn(value);
  if (unfit === undefined) return value;
  issues.push({ loc: ["body", "parameters", ...unfit.steps], ...INFINITE });
  return {};
}

/** A list of documents, `{"docs": [...]}`, or one document alone. */
function readDocs(data: unknown, issues: Issue[]): DocumentArray | undefined {
  if (data === undefined || data === null) return undefined;
  if (!isObject(data)) return decodeDocuments(data, ["body", "data"], issues);
  if (data.docs !== undefined) return decodeDocuments(data.docs, ["body", "data", "docs"], issues);
  return Object.keys(data).length === 0 ? undefined : decodeDocuments([data], ["body", "data"], issues);
}

/**
 * Reads JSON.
 *
 * @throws {InvalidRequestError} Saying where it breaks off.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidRequestError([jsonIssue(text, (error as Error).message)]);
  }
}

/** Where the JSON breaks off. V8 says it for most mistakes, as in "… at position 10 (line 1 column 11)". */
function jsonIssue(text: string, message: string): Issue {
  const stated = /at position (\d+)/.exec(message)?.[1];
  const pos = stated === undefined ? breakOf(text) : Number(stated);
  const before = text.slice(0, pos).split("\n");
  const [lineno, colno] = [before.length, before[before.length - 1].length + 1];
  const msg = message.replace(/ in JSON at position .*$/s, "").replace(/, (?:\.\.\.)?".*$/s, "");
  return {
    loc: ["body", pos],
    msg: `${msg}: line ${lineno} column ${colno} (char ${pos})`,
    type: "value_error.jsondecode",
    ctx: { msg, pos, lineno, colno },
  };
}

/**
 * The parameters as one Executor sees them: `{"executor0": {"a": 1}}` and `{"executor0__a": 1}` are addressed to
 * `executor0` and override what is addressed to all, as in Jina.
 */
export function parametersFor(executor: string, parameters: Json): Json {
  const entries = Object.entries(parameters);
  if (entries.length === 0) return {};
  const prefix = `${executor}__`;
  const own = isObject(parameters[executor]) ? Object.entries(parameters[executor]) : [];
  const addressed = entries.filter(([key]) => key.startsWith(prefix)).map((
    [key, value],
  ) => [key.slice(prefix.length), value]);
  // fromEntries defines properties: a key "__proto__" stays data.
  return Object.fromEntries([...entries.filter(([key]) => !key.startsWith(prefix)), ...own, ...addressed]);
}
