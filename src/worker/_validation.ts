/** Documents and parameters of endpoints with schemas. @module */
import type { Codec, DecodedRequest } from "../codec/codec.ts";
import type { DocumentArray } from "../document/document_array.ts";
import { nameOf } from "../document/json_value.ts";
import { givenId, type PlainDocument, withId } from "../document/plain.ts";
import { invalidArgument, type Issue } from "../errors/mod.ts";
import type { Binding } from "../executor/requests.ts";
import type { SchemaIssue, SchemaResult, StandardSchema } from "../executor/standard_schema.ts";
import type { CallContext } from "./_call_context.ts";
import type { Source } from "./pump.ts";

/** The most issues of an answer that its error shows. */
const MAX_SHOWN = 5;

/** Whether a handler has a schema. */
export function isTyped({ input, output, parameters }: Binding): boolean {
  return input !== undefined || output !== undefined || parameters !== undefined;
}

/**
 * Checks a request, and replaces its documents and parameters with what the schemas make of them.
 *
 * @returns What does not fit.
 */
export async function checkRequest(
  { input, parameters, method }: Binding,
  request: DecodedRequest,
  context: CallContext,
  deployment: string,
): Promise<Issue[]> {
  const issues: Issue[] = [];
  const add = (loc: Issue["loc"], all: readonly SchemaIssue[]) =>
    issues.push(...all.map((issue) => ({
      loc: [...loc, ...pathOf(issue)],
      msg: issue.message,
      type: "value_error",
    })));
  if (parameters !== undefined) {
    const result = await parameters["~standard"].validate(ownParameters(context.parameters, deployment));
    if (result.issues === undefined) context.parameters = result.value as CallContext["parameters"];
    else add(["body", "parameters"], result.issues);
  }
  if (input !== undefined) {
    const docs = request.docs as unknown as PlainDocument[];
    const results = await validateAll(input, docs);
    const typed = results.map((result, index) => {
      if (result.issues === undefined) {
        return document(result.value, docs[index].id, `the input of ${method}()`);
      }
      add([...request.docsLoc ?? [], index], result.issues);
      return docs[index];
    });
    request.docs = typed as unknown as DocumentArray;
  }
  return issues;
}

/**
 * Checks the documents that a handler gave, and replaces them with what the schema makes of them.
 *
 * @throws {TypeError} When they do not fit; the message contains the place.
 */
export async function checkAnswer(
  { input, output, method }: Binding,
  codec: Codec,
  request: DecodedRequest,
): Promise<void> {
  if (input === undefined && output === undefined) return;
  request.docs = await outputOf(request.docs, output, codec, method) as unknown as DocumentArray;
  request.form = "plain";
}

/** Checks the documents that a generator yields, each before the next one. */
export function checkedSource(
  source: Source,
  { input, output, method }: Binding,
  codec: Codec,
  request: DecodedRequest,
): Source {
  if (input === undefined && output === undefined) return source;
  request.form = "plain";
  let index = 0;
  return {
    async next() {
      const { done, value } = await source.next();
      if (done) return { done, value };
      const [doc] = await outputOf([value as object], output, codec, method, index++);
      return { done: false, value: doc };
    },
    async return(value) {
      return await source.return?.(value) ?? { done: true, value };
    },
  };
}

/** The documents of a handler as plain objects, by the schema if there is one. */
async function outputOf(
  given: Iterable<object>,
  schema: StandardSchema | undefined,
  codec: Codec,
  method: string,
  first = 0,
): Promise<PlainDocument[]> {
  const docs = Array.from(given, (item, index) => {
    const place = `docs[${first + index}]`;
    if (typeof item !== "object" || item === null || Array.isArray(item)) {
      throw invalidArgument(`Cannot send ${place} of ${method}(): expected a document, not ${nameOf(item)}`);
    }
    const doc = codec.plainDocument?.(item) ?? item;
    return withId(doc, givenId(doc, place));
  });
  if (schema === undefined) return docs;
  const results = await validateAll(schema, docs);
  const misfits = results.flatMap(({ issues = [] }, index) =>
    issues.map((issue) => `docs[${first + index}]${stepsOf(issue)}: ${issue.message}`)
  );
  if (misfits.length > 0) {
    const more = misfits.length > MAX_SHOWN ? `; and ${misfits.length - MAX_SHOWN} more` : "";
    throw invalidArgument(
      `Cannot send what ${method}() answers, which does not fit its \`output\`: ` +
        misfits.slice(0, MAX_SHOWN).join("; ") + more,
    );
  }
  return results.map((result, index) =>
    document((result as { value: unknown }).value, docs[index].id, `the output of ${method}()`)
  );
}

/** Checks documents without their ids. */
async function validateAll(
  schema: StandardSchema,
  docs: readonly PlainDocument[],
): Promise<SchemaResult<unknown>[]> {
  const results = docs.map(({ id: _, ...fields }) => schema["~standard"].validate(fields));
  // Awaiting each result would take a turn a document.
  return results.some((result) => result instanceof Promise)
    ? await Promise.all(results)
    : results as SchemaResult<unknown>[];
}

function document(value: unknown, id: string, what: string): PlainDocument {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return withId(value, id);
  throw invalidArgument(
    `Cannot use the schema of ${what}: expected it to give an object, not ${nameOf(value)}`,
  );
}

/** The parameters without those for this Executor under its name, which are merged into the others. */
function ownParameters(parameters: CallContext["parameters"], deployment: string): object {
  const own = parameters[deployment];
  const { [deployment]: _, ...others } = parameters;
  return typeof own === "object" && own !== null && !Array.isArray(own) ? others : parameters;
}

/** The place in the value: Standard Schema gives keys, or objects with a key. */
function pathOf({ path = [] }: SchemaIssue): (string | number)[] {
  return path.map((step) => {
    const key = typeof step === "object" ? step.key : step;
    return typeof key === "number" ? key : String(key);
  });
}

function stepsOf(issue: SchemaIssue): string {
  return pathOf(issue).map((key) => typeof key === "number" ? `[${key}]` : `.${key}`).join("");
}
