/** The JSON schemas of requests and responses in `GET /openapi.json`. @module */

/** A JSON schema, or a part of one. */
export interface Schema {
  readonly [key: string]: unknown;
}

/** A reference to a schema of this file. */
export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

/** A schema of objects. */
export function object(properties: Schema, required: readonly string[] = [], description?: string): Schema {
  const more = { ...(description && { description }), ...(required.length > 0 && { required }) };
  return { type: "object", ...more, properties };
}

/** A schema of lists. */
export function list(items: Schema, more: Schema = {}): Schema {
  return { type: "array", items, ...more };
}

/** A type or `null`, which is the same as absent. */
function orNull(type: string | readonly string[], more: Schema = {}): Schema {
  return { type: [type, "null"].flat(), ...more };
}

const STRING = { type: "string" };
const TIME = { type: "string", format: "date-time" };
/** As in Jina, a number in place of a text is converted. */
const TEXT = orNull(["string", "number"]);
const NUMBER = orNull("number");
const PARTS = orNull("array", { items: ref("Document") });
const SCORES = orNull("object", { additionalProperties: ref("Score") });
const ARRAY = { anyOf: [ref("NdArray"), { type: "null" }] };

/** Base64, with or without padding. */
const BASE64 = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$";

/** The fields of a Document. */
export const DOCUMENT_FIELDS: Schema = {
  id: { ...TEXT, description: "Made when there is none." },
  text: TEXT,
  blob: orNull("string", { contentEncoding: "base64", pattern: BASE64, description: "Bytes." }),
  tensor: ARRAY,
  embedding: ARRAY,
  tags: orNull("object", { description: "Any JSON values by name." }),
  uri: TEXT,
  mime_type: TEXT,
  modality: TEXT,
  weight: NUMBER,
  offset: NUMBER,
  location: orNull("array", { items: { type: "number" } }),
  granularity: orNull("integer"),
  adjacency: orNull("integer"),
  parent_id: TEXT,
  chunks: PARTS,
  matches: PARTS,
  scores: SCORES,
  evaluations: SCORES,
};

/** The fields of a request. */
export const REQUEST_FIELDS: Schema = {
  data: {
    description: "The documents: a list, or one alone.",
    anyOf: [
      list(ref("Document")),
      object({ docs: list(ref("Document")) }, ["docs"]),
      { allOf: [ref("Document"), { not: { required: ["docs"] } }] },
      { type: "null" },
    ],
  },
  parameters: orNull("object", {
    description: "Values for the handlers; those under an Executor's name are for that one.",
  }),
  targetExecutor: {
    ...TEXT,
    format: "regex",
    description: "A pattern for the names of the Executors that shall handle it.",
  },
  header: { description: "An object may have `requestId`, which the answer repeats." },
};

const ROUTE = object(
  { executor: STRING, startTime: TIME, endTime: TIME, status: ref("Status") },
  ["executor", "startTime", "endTime"],
);

/** An answer of the Executors with these documents. */
export function answer(data: Schema): Schema {
  const header = { requestId: STRING, status: ref("Status"), execEndpoint: STRING, targetExecutor: STRING };
  const properties = {
    header: object(header, ["requestId", "execEndpoint", "targetExecutor"]),
    parameters: orNull("object", {
      description: "Those of the request; under `__results__` what handlers returned, by replica.",
    }),
    routes: orNull("array", {
      items: ROUTE,
      description: "The gateway, then the Executors that had the request.",
    }),
    data,
  };
  return object(properties, Object.keys(properties));
}

/** All schemas by name. */
export const SCHEMAS: Schema = {
  Document: object(DOCUMENT_FIELDS, [], "What travels; what is not set is left out."),
  NdArray: { description: "Numbers of any shape.", anyOf: [list({ type: "number" }), list(ref("NdArray"))] },
  Score: object({ value: NUMBER, op_name: TEXT, description: TEXT, ref_id: TEXT }, [], "A named score."),
  Request: object(REQUEST_FIELDS),
  PostRequest: object({
    ...REQUEST_FIELDS,
    execEndpoint: { type: ["string", "number"], default: "/", description: "The endpoint." },
  }),
  Answer: answer(list({ allOf: [ref("Document"), { required: ["id"] }] })),
  Failure: answer({ type: "array", description: "The documents as they were before it failed." }),
  Status: {
    description: "What went wrong; null or absent when all is well.",
    anyOf: [
      { type: "null" },
      object(
        { code: { const: 1 }, description: STRING, exception: ref("Exception") },
        ["code", "description", "exception"],
      ),
    ],
  },
  Exception: object({
    name: STRING,
    args: list(STRING),
    stacks: list(STRING),
    executor: { type: "string", description: "The class of the Executor that failed." },
  }, ["name", "args", "stacks", "executor"]),
  Refusal: object(
    { detail: { anyOf: [STRING, list(ref("Issue"))] } },
    ["detail"],
    "Why a request is not taken.",
  ),
  Issue: object({
    loc: list({ type: ["string", "integer"] }, { description: "The way to the field." }),
    msg: STRING,
    type: STRING,
    ctx: { type: "object" },
  }, ["loc", "msg", "type"]),
  Readiness: object({
    code: { enum: [0, 1], description: "0 when every Executor can answer." },
    description: STRING,
    exception: { anyOf: [ref("Exception"), { type: "null" }] },
  }, ["code", "description", "exception"]),
  FlowStatus: object(
    { deployments: list({ type: "object" }) },
    ["deployments"],
    "Deployments, versions, replicas, the last error with its place, the history of reloads.",
  ),
};
