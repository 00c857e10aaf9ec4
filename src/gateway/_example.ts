/** Examples of values for a JSON Schema, as far as its keywords tell. @module */
import type { Schema } from "./_schemas.ts";

/** Where parts of an example that need not be there end: schemas may contain themselves. */
const MAX_DEPTH = 4;

/** Where an example ends at last: no value fits a schema that must contain itself. */
const MAX_REQUIRED_DEPTH = 20;

const FORMATS: Readonly<Record<string, string>> = {
  "date-time": "2030-01-01T12:00:00Z",
  date: "2030-01-01",
  time: "12:00:00",
  duration: "P1D",
  email: "someone@example.com",
  hostname: "example.com",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  uri: "https://example.com",
  uuid: "5f0c6d7e-8a9b-4c1d-9e2f-3a4b5c6d7e8f",
};

/** Texts that are tried where a schema has a pattern. */
const TEXTS = [
  "hello",
  "Hello",
  "HELLO",
  "a",
  "A",
  "1",
  "123",
  "a1",
  "abc-123",
  "ABC-123",
  "#aabbcc",
  "aGVsbG8=",
  "1.0.0",
];

/** A value that a schema takes; of an object, all that has to be there and what is simple. */
export function exampleOf(schema: unknown, root: Schema = Object(schema), depth = 0): unknown {
  if (typeof schema !== "object" || schema === null) return 1;
  if (depth > MAX_REQUIRED_DEPTH) return null;
  const one = schema as Schema;
  const { examples, anyOf, oneOf, allOf, $ref } = one;
  if ("default" in one) return one.default;
  if ("const" in one) return one.const;
  for (const list of [one.enum, examples]) if (Array.isArray(list) && list.length > 0) return list[0];
  if (typeof $ref === "string") return exampleOf(referred($ref, root), root, depth + 1);
  if (Array.isArray(allOf)) return exampleOf(merged(one, allOf, root), root, depth);
  const choices = [anyOf, oneOf].flatMap((list) => Array.isArray(list) ? list : []);
  if (choices.length > 0) {
    return exampleOf(merged(one, [depth < MAX_DEPTH ? choices[0] : choices.at(-1)], root), root, depth + 1);
  }
  return ofType(one, root, depth);
}

function ofType(schema: Schema, root: Schema, depth: number): unknown {
  const { type, properties, items, prefixItems } = schema;
  switch (Array.isArray(type) ? type[0] : type) {
    case "string":
      return text(schema);
    case "integer":
    case "number":
      return number(schema);
    case "boolean":
      return true;
    case "null":
      return null;
    case "array":
      return list(schema, root, depth);
  }
  if (items !== undefined || prefixItems !== undefined) return list(schema, root, depth);
  // Anything: schemas that convert what they get often take a number.
  return type === "object" || properties !== undefined ? object(schema, root, depth) : 1;
}

function object({ properties, required }: Schema, root: Schema, depth: number): unknown {
  const needed = Array.isArray(required) ? required : [];
  const entries = Object.entries(Object(properties)).filter(([name, field]) =>
    needed.includes(name) || (depth < MAX_DEPTH && isSimple(field))
  );
  return Object.fromEntries(entries.map(([name, field]) => [name, exampleOf(field, root, depth + 1)]));
}

/** Whether the example of an optional field fits for sure. */
function isSimple(schema: unknown): boolean {
  const { type, pattern, format, ...others } = Object(schema);
  if ("default" in others || "const" in others || "enum" in others) return true;
  const isText = type === "string" && pattern === undefined && format === undefined;
  return isText || type === "number" || type === "integer" || type === "boolean";
}

function list({ items, prefixItems, minItems }: Schema, root: Schema, depth: number): unknown[] {
  const first = Array.isArray(prefixItems) ? prefixItems : [];
  const isOpen = typeof items === "object" && items !== null;
  const least = typeof minItems === "number"
    ? minItems
    : first.length === 0 && isOpen && depth < MAX_DEPTH
    ? 1
    : 0;
  const length = Math.min(Math.max(first.length, least), 1000);
  return Array.from({ length }, (_, index) => exampleOf(first[index] ?? items, root, depth + 1));
}

function text({ format, pattern, minLength, maxLength, contentEncoding }: Schema): string {
  const known = FORMATS[String(format)] ?? (contentEncoding === "base64" ? "aGVsbG8=" : undefined);
  if (known !== undefined) return known;
  const least = typeof minLength === "number" ? Math.min(minLength, 10_000) : 0;
  const most = typeof maxLength === "number" ? maxLength : Infinity;
  const texts = TEXTS.map((text) => text.padEnd(least, text).slice(0, most));
  return texts.find((text) => fits(text, pattern)) ?? texts[0];
}

function fits(text: string, pattern: unknown): boolean {
  if (typeof pattern !== "string") return true;
  try {
    return new RegExp(pattern, "u").test(text);
  } catch {
    return false;
  }
}

function number(schema: Schema): number {
  const bound = (name: string, fallback: number) =>
    typeof schema[name] === "number" ? schema[name] : fallback;
  const step = bound("multipleOf", schema.type === "integer" ? 1 : 0);
  const gap = step || 0.5;
  const least = Math.max(bound("minimum", -Infinity), bound("exclusiveMinimum", -Infinity) + gap);
  const most = Math.min(bound("maximum", Infinity), bound("exclusiveMaximum", Infinity) - gap);
  const value = Math.min(Math.max(1, least), most);
  if (step === 0) return least > most ? (least + most) / 2 : value;
  const multiple = Math.ceil(value / step) * step;
  return multiple > most ? multiple - step : multiple;
}

/** A schema together with others that apply to the same value. */
function merged(schema: Schema, others: readonly unknown[], root: Schema): Schema {
  const { anyOf: _anyOf, oneOf: _oneOf, allOf: _allOf, ...own } = schema;
  return others.reduce<Schema>((all, other) => {
    const { $ref } = Object(other);
    const one: Schema = typeof $ref === "string" ? Object(referred($ref, root)) : Object(other);
    const required = [all.required, one.required].flatMap((names) => Array.isArray(names) ? names : []);
    const properties = { ...Object(all.properties), ...Object(one.properties) };
    const isObject = Object.keys(properties).length > 0;
    return { ...all, ...one, ...(isObject && { properties, required }) };
  }, own);
}

/** The schema at a reference such as `#/$defs/node`. */
export function referred(reference: string, root: Schema): unknown {
  return reference.split("/").slice(1).map(stepOf).reduce<unknown>((at, step) => Object(at)[step], root);
}

/** A step of a reference. */
export function stepOf(text: string): string {
  const step = text.replaceAll("~1", "/").replaceAll("~0", "~");
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}
