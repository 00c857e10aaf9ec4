import { FLOAT, INTEGER } from "./_origins.ts";

type Json = Readonly<Record<string, unknown>>;

/** Which numbers of a value are integers and which are floats, by a JSON Schema. */
export class NumberSchema {
  static readonly #known = new WeakMap<object, NumberSchema>();
  static #none?: NumberSchema;
  /** Of fields and items, by the schemas' keywords and their names. */
  readonly #parts = new Map<string, NumberSchema>();
  /** `INTEGER` or `FLOAT`; `undefined` when the schema does not tell. */
  readonly content: number | undefined;

  /** @param schemas Those of the value: a union has several. */
  private constructor(private readonly root: Json, private readonly schemas: readonly Json[]) {
    const types = schemas.flatMap(({ type }) => type);
    this.content = types.includes("number") ? FLOAT : types.includes("integer") ? INTEGER : undefined;
  }

  /** Of a value that nothing is known of. Made when it is used: the npm package's class has no name before its end. */
  static get none(): NumberSchema {
    return NumberSchema.#none ??= new NumberSchema({}, []);
  }

  /** Reads a JSON Schema; one object is read once. */
  static of(root: Json): NumberSchema {
    let known = NumberSchema.#known.get(root);
    if (known === undefined) {
      known = new NumberSchema(root, alternatives(root, root, new Set()));
      NumberSchema.#known.set(root, known);
    }
    return known;
  }

  /** That of a field of an object. */
  field(name: string): NumberSchema {
    const own = this.#part(`.${name}`, ({ properties }) => valueAt(properties, name));
    return own.schemas.length > 0 ? own : this.#part("*", ({ additionalProperties }) => additionalProperties);
  }

  /** That of an item of a list. */
  item(index: number): NumberSchema {
    const own = this.#part(`[${index}]`, ({ prefixItems }) => valueAt(prefixItems, index));
    return own.schemas.length > 0 ? own : this.#part("[]", ({ items }) => items);
  }

  #part(key: string, partOf: (schema: Json) => unknown): NumberSchema {
    const known = this.#parts.get(key);
    if (known !== undefined) return known;
    const seen = new Set<unknown>();
    const parts = this.schemas.flatMap((schema) => alternatives(partOf(schema), this.root, seen));
    if (parts.length === 0) return NumberSchema.none;
    const part = new NumberSchema(this.root, parts);
    this.#parts.set(key, part);
    return part;
  }
}

/** A schema, and those that it refers to or combines. */
function alternatives(schema: unknown, root: Json, seen: Set<unknown>): Json[] {
  if (typeof schema !== "object" || schema === null || seen.has(schema)) return [];
  seen.add(schema);
  const { $ref, anyOf, oneOf, allOf } = schema as Json;
  const others = [anyOf, oneOf, allOf].flatMap((list) => Array.isArray(list) ? list : []);
  if (typeof $ref === "string") others.push(referred($ref, root));
  return [schema as Json, ...others.flatMap((other) => alternatives(other, root, seen))];
}

/** The schema at a reference such as `#/$defs/node`. */
function referred(reference: string, root: Json): unknown {
  const steps = reference.split("/").slice(1).map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  return reference.startsWith("#") ? steps.reduce<unknown>(valueAt, root) : undefined;
}

function valueAt(object: unknown, key: string | number): unknown {
  return typeof object === "object" && object !== null && Object.hasOwn(object, key)
    ? (object as Record<string | number, unknown>)[key]
    : undefined;
}
