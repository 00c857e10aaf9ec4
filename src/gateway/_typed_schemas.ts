/** Requests and answers of endpoints with schemas in `GET /openapi.json`. @module */
import type { EndpointInfo } from "../protocol/endpoint_info.ts";
import { referred, stepOf } from "./_example.ts";
import { answer, DOCUMENT_FIELDS, list, object, ref, REQUEST_FIELDS, type Schema } from "./_schemas.ts";

/** A request whose documents or parameters have a schema. */
export function typedRequest(info: EndpointInfo): Schema {
  const { input, parameters } = info;
  return object({
    ...REQUEST_FIELDS,
    ...(input !== undefined && { data: list(documentOf(info, "input")) }),
    ...(parameters !== undefined && { parameters: parametersOf(info, parameters) }),
  }, [...(input === undefined ? [] : ["data"]), ...(needsParameters(info) ? ["parameters"] : [])]);
}

/** Whether a request without parameters does not fit. */
export function needsParameters({ parameters }: Partial<EndpointInfo> = {}): boolean {
  return Array.isArray(parameters?.required) && parameters.required.length > 0;
}

/** An answer whose documents have a schema. */
export function typedAnswer(info: EndpointInfo): Schema {
  return answer(list(documentOf(info, "output")));
}

const PARTS = ["input", "parameters", "output"] as const;
type Part = typeof PARTS[number];

/** The schemas of endpoints that refer to parts of themselves, by name. */
export function recursiveSchemas(endpoints: readonly EndpointInfo[]): Schema {
  const all = endpoints.flatMap((info) => PARTS.map((part) => [nameOf(info, part), info[part]] as const));
  return Object.fromEntries(
    all.filter(([, schema]) => refersToItself(schema)).flatMap(([name, schema = {}]) => {
      const { $defs, ...root } = schema;
      const parts = Object.entries(Object($defs)).map(([key, part]) => [partName(name, key), part] as const);
      return [[name, root] as const, ...parts].map(([key, one]) => [key, movedTo(name, one)]);
    }),
  );
}

function parametersOf(info: EndpointInfo, schema: Schema): Schema {
  return refersToItself(schema) ? ref(nameOf(info, "parameters")) : schema;
}

/** The schema of a document: with its id, which the schema itself may not have, and which nested objects do not have. */
function documentOf(info: EndpointInfo, part: "input" | "output"): Schema {
  const { [part]: schema = {} } = info;
  return movedTo(nameOf(info, part), withId(schema, schema)) as Schema;
}

function refersToItself(schema: Schema | undefined): boolean {
  return schema !== undefined && JSON.stringify(schema).includes('"$ref":"#');
}

/** A name for OpenAPI, which allows few characters in one. */
function nameOf({ path }: EndpointInfo, part: Part): string {
  return `${escaped(path.slice(1))}.${part}`;
}

/** The name of a part of a schema. */
function partName(name: string, key: string): string {
  return `${name}.${escaped(key)}`;
}

function escaped(text: string): string {
  return text.replace(/[^A-Za-z0-9.-]/gu, (char) => `_${char.codePointAt(0)?.toString(16)}_`);
}

/** A copy of a schema whose references to itself lead to its place, and those of its parts, in OpenAPI. */
function movedTo(name: string, schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map((item) => movedTo(name, item));
  if (typeof schema !== "object" || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) => {
    const isOwn = key === "$ref" && typeof value === "string" && value.startsWith("#");
    return [key, isOwn ? movedReference(name, value) : movedTo(name, value)];
  });
  // References would lead to the place that it names.
  return Object.fromEntries(entries.filter(([key, value]) => key !== "$id" || typeof value !== "string"));
}

function movedReference(name: string, reference: string): unknown {
  const [, key, rest] = /^#\/\$defs\/([^/]+)(.*)$/s.exec(reference) ?? [];
  const place = key === undefined ? ref(name) : ref(partName(name, stepOf(key)));
  return place.$ref + (key === undefined ? reference.slice(1) : rest);
}

const ID = { id: DOCUMENT_FIELDS.id };

/**
 * Adds the id to a schema of documents, and to those that it consists of.
 *
 * @param root The schema that contains it.
 */
function withId(schema: unknown, root: Schema, seen: readonly string[] = []): Schema {
  if (typeof schema !== "object" || schema === null) return {};
  const { $ref, $defs: _, ...own } = schema as Schema;
  const inner = (item: unknown) => withId(item, root, seen);
  const lists = ["anyOf", "oneOf", "allOf"].filter((key) => Array.isArray(own[key]));
  const { properties, propertyNames } = own;
  const added: Schema = {
    ...own,
    ...(isOfObjects(own) && { properties: { ...ID, ...Object(properties) } }),
    ...(propertyNames !== undefined && { propertyNames: { anyOf: [{ const: "id" }, propertyNames] } }),
    ...Object.fromEntries(lists.map((key) => [key, (own[key] as unknown[]).map(inner)])),
  };
  if (typeof $ref !== "string") return added;
  const target = $ref.startsWith("#") && !seen.includes($ref)
    ? withId(referred($ref, root), root, [...seen, $ref])
    : { $ref };
  return Object.keys(own).length === 0 ? target : { ...added, allOf: [added.allOf ?? [], target].flat() };
}

function isOfObjects({ type, properties, additionalProperties, unevaluatedProperties }: Schema): boolean {
  return [type].flat().includes("object") ||
    [properties, additionalProperties, unevaluatedProperties].some((keyword) => keyword !== undefined);
}
