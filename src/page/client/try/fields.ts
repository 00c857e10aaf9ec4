/** From a JSON Schema of objects to the fields of a form. @module */
import { partOf, resolved, type Schema } from "./openapi.ts";

/** How a field is edited; `json` is a text with any JSON value. */
export type FieldKind = "text" | "number" | "boolean" | "choice" | "file" | "json";

/** One field of a form. */
export interface Field {
  /** The name in the object. */
  readonly name: string;
  /** How it is edited. */
  readonly kind: FieldKind;
  /** Whether the object needs it. */
  readonly required: boolean;
  /** What it is for, and what it may be; may be empty. */
  readonly hint: string;
  /** The values of a `choice`. */
  readonly choices: readonly unknown[];
  /** The attributes of its input, such as `min`. */
  readonly limits: Readonly<Record<string, unknown>>;
  /** Its value when it is added. */
  readonly initial: unknown;
}

/** The fields of a schema of objects, in its order; of alternatives, those of all. */
export function fieldsOf(schema: Schema, api: Schema): Field[] {
  const { properties, required } = objectOf(schema, api);
  return [...properties].map(([name, property]) => fieldOf(name, property, required.has(name), api));
}

/** The properties of a schema with all schemas that it consists of. */
interface ObjectShape {
  readonly properties: Map<string, Schema>;
  readonly required: ReadonlySet<string>;
}

function objectOf(schema: Schema | undefined, api: Schema, depth = 0): ObjectShape {
  const properties = new Map<string, Schema>();
  const required = new Set<string>();
  const whole = depth > 5 ? undefined : resolved(schema, api);
  if (whole === undefined) return { properties, required };
  for (const [name, property] of Object.entries(partOf(whole.properties))) {
    properties.set(name, resolved(property, api) ?? {});
  }
  for (const name of listOf(whole.required)) required.add(String(name));
  for (const part of listOf(whole.allOf)) {
    const shape = objectOf(part as Schema, api, depth + 1);
    for (const [name, property] of shape.properties) properties.set(name, property);
    for (const name of shape.required) required.add(name);
  }
  const choices = alternativesOf(whole).map((part) => objectOf(part, api, depth + 1));
  for (const name of new Set(choices.flatMap((shape) => [...shape.properties.keys()]))) {
    const found = choices.map((shape) => shape.properties.get(name)).filter((one) => one !== undefined);
    const [only = {}, ...others] = found;
    if (!properties.has(name)) properties.set(name, others.length === 0 ? only : { anyOf: found });
    if (choices.every((shape) => shape.required.has(name))) required.add(name);
  }
  return { properties, required };
}

function fieldOf(name: string, given: Schema, required: boolean, api: Schema): Field {
  const schema = withoutNull(given, api);
  const choices = choicesOf(schema, api);
  const types = [schema.type].flat().filter((type) => type !== "null");
  const kind = choices.length > 0 ? "choice" : kindOf(schema, types);
  const initial = "default" in schema ? schema.default : initialOf(kind, choices, schema, types);
  return {
    name,
    kind,
    required,
    hint: hintOf(schema, kind, types),
    choices,
    limits: limitsOf(schema),
    initial,
  };
}

/** What is left of a schema without its alternative `null`. */
function withoutNull(schema: Schema, api: Schema): Schema {
  const all = alternativesOf(schema);
  const rest = all.map((one) => resolved(one, api) ?? {}).filter(({ type }) => type !== "null");
  if (all.length === 0 || rest.length !== 1) return schema;
  const { anyOf: _anyOf, oneOf: _oneOf, ...own } = schema;
  return { ...rest[0], ...own };
}

/** The values of a schema that lists them: scalars only. */
function choicesOf(schema: Schema, api: Schema): unknown[] {
  const parts = alternativesOf(schema).map((one) => resolved(one, api) ?? {});
  const lists = (parts.length > 0 ? parts : [schema]).map((one) =>
    "const" in one ? [one.const] : listOf(one.enum)
  );
  const isListed = lists.every((list) => list.length > 0 && list.every((value) => Object(value) !== value));
  return isListed ? [...new Set(lists.flat())] : [];
}

function kindOf(schema: Schema, types: readonly unknown[]): FieldKind {
  if (types.includes("string")) return schema.contentEncoding === "base64" ? "file" : "text";
  if (types.length !== 1) return "json";
  if (types[0] === "number" || types[0] === "integer") return "number";
  return types[0] === "boolean" ? "boolean" : "json";
}

function initialOf(kind: FieldKind, choices: readonly unknown[], schema: Schema, types: readonly unknown[]) {
  switch (kind) {
    case "choice":
      return choices[0];
    case "number":
      return typeof schema.minimum === "number" ? Math.max(schema.minimum, 0) : 0;
    case "boolean":
      return false;
    case "json":
      return types[0] === "array" ? [] : types[0] === "object" ? {} : null;
    default:
      return "";
  }
}

const BOUNDS: readonly (readonly [key: string, text: string])[] = [
  ["minimum", "≥"],
  ["exclusiveMinimum", ">"],
  ["maximum", "≤"],
  ["exclusiveMaximum", "<"],
  ["multipleOf", "multiple of"],
  ["minLength", "characters ≥"],
  ["maxLength", "characters ≤"],
  ["minItems", "items ≥"],
  ["maxItems", "items ≤"],
  ["format", ""],
  ["pattern", "pattern"],
];

/** A bound beyond this one says nothing: libraries write those of safe integers. */
const FAR = Number.MAX_SAFE_INTEGER;

function hintOf(schema: Schema, kind: FieldKind, types: readonly unknown[]): string {
  const type = kind === "json"
    ? `JSON${types.length === 1 ? `, ${types[0]}` : ""}`
    : types[0] === "integer"
    ? "whole number"
    : "";
  const bounds = BOUNDS.filter(([key]) =>
    schema[key] !== undefined && Math.abs(Number(schema[key])) !== FAR && kind !== "file"
  ).map(([key, text]) => `${text} ${schema[key]}`.trim());
  return [schema.description, type, ...bounds].filter((part) => typeof part === "string" && part !== "")
    .join("; ").slice(0, 300);
}

function limitsOf({ type, minimum, maximum }: Schema): Record<string, unknown> {
  const bound = (value: unknown) => typeof value === "number" && Math.abs(value) < FAR ? value : undefined;
  return { step: type === "integer" ? 1 : "any", min: bound(minimum), max: bound(maximum) };
}

function alternativesOf({ anyOf, oneOf }: Schema): Schema[] {
  return [...listOf(anyOf), ...listOf(oneOf)] as Schema[];
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The kind in which a value can be edited: that of its field, or JSON for a value that does not fit it. */
export function kindFor({ kind, choices }: Pick<Field, "kind" | "choices">, value: unknown): FieldKind {
  if (value === undefined) return kind;
  switch (kind) {
    case "text":
    case "file":
      return typeof value === "string" ? kind : "json";
    case "number":
      return typeof value === "number" ? kind : "json";
    case "boolean":
      return typeof value === "boolean" ? kind : "json";
    case "choice":
      return choices.includes(value) ? kind : "json";
    default:
      return "json";
  }
}

/** A field that no schema names. */
export function otherField(name: string): Field {
  return { name, kind: "json", required: false, hint: "JSON", choices: [], limits: {}, initial: null };
}
