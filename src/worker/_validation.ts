/** Documents and parameters of endpoints with schemas. @module */
import type { Codec, DecodedRequest } from "../codec/codec.ts";
import type { DocumentArray } from "../document/document_array.ts";
import { nameOf } from "../document/json_value.ts";
import { givenId, type PlainDocument, withId } from "../document/plain.ts";
import { invalidArgument, type Issue, quoted } from "../errors/mod.ts";
import type { Binding } from "../executor/endpoint_options.ts";
import type { SchemaIssue } from "../executor/standard_schema.ts";
import type { CallContext } from "./_call_context.ts";
import type { Source } from "./pump.ts";
import { knownJsonSchema, pathOf, stepsOf, validateAll } from "./_validate_all.ts";

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
export async function checkAnswer(binding: Binding, codec: Codec, request: DecodedRequest): Promise<void> {
  if (binding.input === undefined && binding.output === undefined) return;
  request.docs = await new AnswerCheck(binding, codec, request).check(
    request.docs,
  ) as unknown as DocumentArray;
  request.form = "plain";
}

/** Checks the documents that a generator yields, each before the next one. */
export function checkedSource(
  source: Source,
  binding: Binding,
  codec: Codec,
  request: DecodedRequest,
): Source {
  if (binding.input === undefined && binding.output === undefined) return source;
  request.form = "plain";
  const answer = new AnswerCheck(binding, codec, request);
  let index = 0;
  return {
    async next() {
      const { done, value } = await source.next();
      if (done) return { done, value };
      const [doc] = await answer.check([value as object], index++);
      return { done: false, value: doc };
    },
    async return(value) {
      return await source.return?.(value) ?? { done: true, value };
    },
  };
}

/** Checks the documents of an answer. */
class AnswerCheck {
  /** The documents of the request by their ids, for codecs with types of their own. */
  readonly #received: ReadonlyMap<string, PlainDocument>;

  constructor(
    private readonly binding: Binding,
    private readonly codec: Codec,
    { received = [] }: DecodedRequest,
  ) {
    this.#received = new Map(received.map((doc) => [doc.id, doc]));
  }

  /**
   * The documents as plain objects, by the schema if there is one.
   *
   * @param first The index of the first one, for messages.
   */
  async check(given: Iterable<object>, first = 0): Promise<PlainDocument[]> {
    const { codec, binding: { method } } = this;
    const plain = Array.from(given, (item, index) => {
      if (typeof item === "object" && item !== null && !Array.isArray(item)) {
        return (codec.plainDocument?.(item) ?? item) as PlainDocument;
      }
      throw invalidArgument(
        `Cannot send docs[${first + index}] of ${method}(): expected a document, not ${nameOf(item)}`,
      );
    });
    const docs = plain.map((doc, index) => withId(doc, givenId(doc, `docs[${first + index}]`)));
    const checked = await this.#validate(docs, first);
    await this.#noteTypes(checked, plain);
    return checked;
  }

  async #validate(docs: PlainDocument[], first: number): Promise<PlainDocument[]> {
    const { output, method } = this.binding;
    if (output === undefined) return docs;
    const results = await validateAll(output, docs);
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

  async #noteTypes(docs: readonly PlainDocument[], given: readonly PlainDocument[]): Promise<void> {
    const { codec, binding: { input, output } } = this;
    const schema = output ?? input;
    if (codec.noteTypes === undefined || schema === undefined) return;
    const json = await knownJsonSchema(schema, "output");
    for (const [index, doc] of docs.entries()) {
      codec.noteTypes(doc, this.#received.get(doc.id) ?? given[index], json);
    }
  }
}

function document(value: unknown, id: string, what: string): PlainDocument {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return withId(value, id);
  throw invalidArgument(
    `Cannot use the schema of ${what}: expected it to give an object, not ${
      typeof value === "string" ? quoted(value) : nameOf(value)
    }`,
  );
}

/** The parameters without those for this Executor under its name, which are merged into the others. */
function ownParameters(parameters: CallContext["parameters"], deployment: string): object {
  const own = parameters[deployment];
  const { [deployment]: _, ...others } = parameters;
  return typeof own === "object" && own !== null && !Array.isArray(own) ? others : parameters;
}
