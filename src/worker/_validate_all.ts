/** Documents through a schema. @module */
import { invalidArgument } from "../errors/mod.ts";
import type { PlainDocument } from "../document/plain.ts";
import { type JsonSchema, jsonSchemaOf, type Side } from "../executor/json_schema.ts";
import type { SchemaIssue, SchemaResult, StandardSchema } from "../executor/standard_schema.ts";

type Result = SchemaResult<unknown>;

/**
 * Validates documents without their ids. Where that fails because the schema has an `id` of its own, the document is
 * validated with its id.
 */
export async function validateAll(
  schema: StandardSchema,
  docs: readonly PlainDocument[],
): Promise<readonly Result[]> {
  const results = await all(docs.map(({ id: _, ...fields }) => schema["~standard"].validate(fields)));
  if (results.every(({ issues }) => issues === undefined)) return results;
  const again = await Promise.all(results.map((result) => mayNeedId(schema, result)));
  if (!again.includes(true)) return results;
  const others = await all(
    docs.map((doc, index) => again[index] ? schema["~standard"].validate({ ...doc }) : results[index]),
  );
  return results.map((result, index) =>
    isAtId(result) || others[index].issues === undefined ? others[index] : result
  );
}

/** The results, with at least one issue where there may be none. */
async function all(results: readonly (Result | PromiseLike<Result>)[]): Promise<Result[]> {
  const isReady = (result: Result | PromiseLike<Result>): result is Result => !("then" in Object(result));
  // Awaiting each result would take a turn a document.
  const ready = results.every(isReady) ? results : await Promise.all(results);
  return ready.map((result) => {
    if (result === undefined || result === null) throw invalidArgument(NO_RESULT);
    return result.issues?.length === 0 ? NO_REASON : result;
  });
}

const NO_RESULT = "Cannot use a schema whose validate() returns nothing: expected { value } or { issues }";

const NO_REASON: Result = { issues: [{ message: "the value does not fit the schema" }] };

/** Whether a document without its id may have failed because of that; unions do not tell the place. */
async function mayNeedId(schema: StandardSchema, result: Result): Promise<boolean> {
  if (isAtId(result)) return true;
  const isWhole = result.issues?.some((issue) => pathOf(issue).length === 0);
  return isWhole === true && JSON.stringify(await knownJsonSchema(schema, "input")).includes('"id"');
}

function isAtId({ issues = [] }: Result): boolean {
  return issues.some((issue) => pathOf(issue)[0] === "id");
}

/** The place in the value: Standard Schema gives keys, or objects with a key. */
export function pathOf({ path = [] }: SchemaIssue): (string | number)[] {
  return path.map((step) => {
    const key = typeof step === "object" ? step.key : step;
    return typeof key === "number" ? key : String(key);
  });
}

/** The place in the value, as in `.items[0].price`. */
export function stepsOf(issue: SchemaIssue): string {
  return pathOf(issue).map((key) => typeof key === "number" ? `[${key}]` : `.${key}`).join("");
}

const known = { input: new WeakMap<StandardSchema, Promise<JsonSchema>>(), output: new WeakMap() };

/** The JSON Schema of a schema, converted once. */
export function knownJsonSchema(schema: StandardSchema, side: Side): Promise<JsonSchema> {
  let found = known[side].get(schema);
  if (found === undefined) known[side].set(schema, found = jsonSchemaOf(schema, side));
  return found;
}
