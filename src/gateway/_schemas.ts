/** The JSON schemas of requests and responses in `GET /openapi.json`. @module */

import type { EndpointInfo } from "../protocol/endpoint_info.ts";

/** A JSON schema, or a part of one. */
export interface Schema {
  readonly [key: string]: unknown;
}

/** A reference to a schema of this file. */
export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

function object(properties: Schema, required: readonly string[] = [], description?: string): Schema {
  const more = { ...(description && { description }), ...(required.length > 0 && { required }) };
  return { type: "object", ...more, properties };
}

function list(items: Schema, more: Schema = {}): Schema {
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
  location: orNull("array", { items: { type: "number" } }),
  granularity: orNull("integer"),
  adjacency: orNull("integer"),
  parent_id: TEXT,
  chunks: PARTS,
  matches: PARTS,
  scores: SCORES,
  evaluations: SCORES,
};

const REQUEST_FIELDS: Schema = {
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
function answer(data: Schema): Schema {
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

/** A request whose documents or parameters have a schema. */
export function typedRequest(info: EndpointInfo): Schema {
  const { input, parameters } = info;
  const needsParameters = Array.isArray(parameters?.required) && parameters.required.length > 0;
  return object({
    ...REQUEST_FIELDS,
    ...(input !== undefined && { data: list(shown(info, "input")) }),
    ...(parameters !== undefined && { parameters: shown(info, "parameters") }),
  }, [...(input === undefined ? [] : ["data"]), ...(needsParameters ? ["parameters"] : [])]);
}

/** An answer whose documents have a schema. */
export function typedAnswer(info: EndpointInfo): Schema {
  return answer(list(shown(info, "output")));
}

const PARTS_OF_ENDPOINTS = ["input", "parameters", "output"] as const;
type Part = typeof PARTS_OF_ENDPOINTS[number];

/** The schemas of endpoints that refer to parts of themselves, by name. */
export function recursiveSchemas(endpoints: readonly EndpointInfo[]): Schema {
  const all = endpoints.flatMap((info) => PARTS_OF_ENDPOINTS.map((part) => [info, part] as const));
  return Object.fromEntries(
    all.filter(([info, part]) => refersToItself(info[part])).map(([info, part]) => {
      const name = nameOf(info, part);
      return [name, resolvedAt(`#/components/schemas/${name}`, withId(info, part))];
    }),
  );
}

/** The schema where it is used. */
function shown(info: EndpointInfo, part: Part): Schema {
  return refersToItself(info[part]) ? ref(nameOf(info, part)) : withId(info, part);
}

function refersToItself(schema: Schema | undefined): boolean {
  return schema !== undefined && JSON.stringify(schema).includes('"$ref":"#');
}

/** A name for OpenAPI, which allows few characters in one. */
function nameOf({ path }: EndpointInfo, part: Part): string {
  const escaped = path.slice(1).replace(
    /[^A-Za-z0-9.-]/gu,
    (char) => `_${char.codePointAt(0)?.toString(16)}_`,
  );
  return `${escaped}.${part}`;
}

/** A copy whose references to itself lead to its place. */
function resolvedAt(place: string, schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map((item) => resolvedAt(place, item));
  if (typeof schema !== "object" || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) => {
    const isOwn = key === "$ref" && typeof value === "string" && value.startsWith("#");
    return [key, isOwn ? place + value.slice(1) : resolvedAt(place, value)];
  });
  return Object.fromEntries(entries);
}

/** A schema; that of a document with its id, which the schema itself may not have. */
function withId(info: EndpointInfo, part: Part): Schema {
  const { [part]: schema = {} } = info;
  return part === "parameters" ? schema : idAdded(schema);
}

function idAdded(schema: unknown): Schema {
  if (typeof schema !== "object" || schema === null) return {};
  const { type, properties, anyOf, oneOf } = schema as Schema;
  const lists = Object.entries({ anyOf, oneOf }).filter(([, list]) => Array.isArray(list));
  const added = lists.map(([key, list]) => [key, (list as unknown[]).map(idAdded)]);
  const isObject = type === "object" || typeof properties === "object";
  return {
    ...schema,
    ...(isObject && { properties: { id: DOCUMENT_FIELDS.id, ...Object(properties) } }),
    ...Object.fromEntries(added),
  };
}
