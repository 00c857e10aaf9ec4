/** The JSON schemas of requests and responses in `GET /openapi.json`. @module */

/** A JSON schema, or a part of one. */
export interface Schema {
  readonly [key: string]: unknown;
}

/** A reference to a schema of this file. */
export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

function object(properties: Schema, more: Schema = {}): Schema {
  return { type: "object", ...more, properties };
}

/** A type or `null`, which is the same as absent. */
function orNull(type: string | readonly string[], more: Schema = {}): Schema {
  return { type: [type, "null"].flat(), ...more };
}

/** As in Jina, a number in place of a text is converted. */
const TEXT = orNull(["string", "number"]);
const NUMBER = orNull("number");
const NUMBERS = orNull("array", { items: { type: "number" } });
const PARTS = orNull("array", { items: ref("Document") });
const SCORES = orNull("object", { additionalProperties: ref("Score") });
const ARRAY = { anyOf: [ref("NdArray"), { type: "null" }] };

/** Base64, with or without padding. */
const BASE64 = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$";

const DOCUMENT_FIELDS: Schema = {
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
  location: NUMBERS,
  granularity: orNull("integer"),
  adjacency: orNull("integer"),
  parent_id: TEXT,
  chunks: PARTS,
  matches: PARTS,
  scores: SCORES,
  evaluations: SCORES,
};

const DATA: Schema = {
  description: "The documents: a list, or one alone.",
  anyOf: [
    { type: "array", items: ref("Document") },
    object({ docs: { type: "array", items: ref("Document") } }, { required: ["docs"] }),
    { allOf: [ref("Document"), { not: { required: ["docs"] } }] },
    { type: "null" },
  ],
};

const REQUEST_FIELDS: Schema = {
  data: DATA,
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

const ROUTE = object({
  executor: { type: "string" },
  startTime: { type: "string", format: "date-time" },
  endTime: { type: "string", format: "date-time" },
  status: ref("Status"),
}, { required: ["executor", "startTime", "endTime"] });

const ANSWER_FIELDS: Schema = {
  header: object({
    requestId: { type: "string" },
    status: ref("Status"),
    execEndpoint: { type: "string" },
    targetExecutor: { type: "string" },
  }, { required: ["requestId", "execEndpoint", "targetExecutor"] }),
  parameters: orNull("object", {
    description: "Those of the request; under `__results__` what handlers returned, by replica.",
  }),
  routes: orNull("array", {
    items: ROUTE,
    description: "The gateway, then the Executors that had the request.",
  }),
};
const ANSWER_KEYS = ["header", "parameters", "routes", "data"];

/** All schemas by name. */
export const SCHEMAS: Schema = {
  Document: object(DOCUMENT_FIELDS, { description: "What travels; what is not set is left out." }),
  NdArray: {
    description: "Numbers of any shape.",
    anyOf: [
      { type: "array", items: { type: "number" } },
      { type: "array", items: ref("NdArray") },
    ],
  },
  Score: object(
    { value: NUMBER, op_name: TEXT, description: TEXT, ref_id: TEXT },
    { description: "A named score." },
  ),
  Request: object(REQUEST_FIELDS),
  PostRequest: object({
    ...REQUEST_FIELDS,
    execEndpoint: { type: ["string", "number"], default: "/", description: "The endpoint." },
  }),
  Answer: object({
    ...ANSWER_FIELDS,
    data: { type: "array", items: { allOf: [ref("Document"), { required: ["id"] }] } },
  }, { required: ANSWER_KEYS }),
  Failure: object({
    ...ANSWER_FIELDS,
    data: { type: "array", description: "The documents as they were before it failed." },
  }, { required: ANSWER_KEYS }),
  Status: {
    description: "What went wrong; null or absent when all is well.",
    anyOf: [
      { type: "null" },
      object({ code: { const: 1 }, description: { type: "string" }, exception: ref("Exception") }, {
        required: ["code", "description", "exception"],
      }),
    ],
  },
  Exception: object({
    name: { type: "string" },
    args: { type: "array", items: { type: "string" } },
    stacks: { type: "array", items: { type: "string" } },
    executor: { type: "string", description: "The class of the Executor that failed." },
  }, { required: ["name", "args", "stacks", "executor"] }),
  Refusal: object({
    detail: { anyOf: [{ type: "string" }, { type: "array", items: ref("Issue") }] },
  }, { required: ["detail"], description: "Why a request is not taken." }),
  Issue: object({
    loc: { type: "array", items: { type: ["string", "integer"] }, description: "The way to the field." },
    msg: { type: "string" },
    type: { type: "string" },
    ctx: { type: "object" },
  }, { required: ["loc", "msg", "type"] }),
  Readiness: object({
    code: { enum: [0, 1], description: "0 when every Executor can answer." },
    description: { type: "string" },
    exception: { anyOf: [ref("Exception"), { type: "null" }] },
  }, { required: ["code", "description", "exception"] }),
  FlowStatus: object({ deployments: { type: "array", items: { type: "object" } } }, {
    required: ["deployments"],
    description: "Deployments, versions, replicas, the last error with its place, the history of reloads.",
  }),
};
