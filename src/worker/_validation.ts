/** Documents and parameters of endpoints with schemas. @module */
import type { Codec, DecodedRequest } from "../codec/codec.ts";
import type { DocumentArray } from "../document/document_array.ts";
import { nameOf } from "../document/json_value.ts";
import { givenId, isPlainDocument, type PlainDocument, withId, withIdKept } from "../document/plain.ts";
import { invalidArgument, type Issue, quoted } from "../errors/mod.ts";
import type { Binding } from "../executor/endpoint_options.ts";
import type { SchemaIssue, StandardSchema } from "../executor/standard_schema.ts";
import type { CallContext } from "./_call_context.ts";
import type { Source } from "./pump.ts";
import { knownJsonSchema, pathOf, stepsOf, validateAll } from "./_validate_all.ts";

/** The most issues of an answer that its error shows. */
const MAX_SHOWN = 5;

/** Whether a handler has a schema, of its documents or its parameters. */
export function hasSchema({ input, output, parameters }: Binding): boolean {
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
  const issues = await checkParameters(parameters, request, context, deployment);
  if (input === undefined) return issues;
  const docs = request.docs as unknown as PlainDocument[];
  const results = await validateAll(input, docs);
  const typed = results.map((result, index) => {
    if (result.issues === undefined) {
      return withIdKept(fieldsOf(result.value, `the input of ${method}()`), docs[index].id);
    }
    issues.push(...result.issues.map((one) => issueOf(one, [...request.docsLoc ?? [], index])));
    return docs[index];
  });
  request.docs = typed as unknown as DocumentArray;
  return issues;
}

async function checkParameters(
  schema: StandardSchema | undefined,
  request: DecodedRequest,
  context: CallContext,
  deployment: string,
): Promise<Issue[]> {
  if (schema === undefined) return [];
  const result = await schema["~standard"].validate(ownParameters(context.parameters, deployment));
  if (result.issues !== undefined) {
    const loc = ["body", "parameters"];
    return result.issues.map((one) =>
      issueOf(one, loc, sentPath(pathOf(one), request.parameters, deployment))
    );
  }
  context.parameters = result.value as CallContext["parameters"];
  return [];
}

/** The path of a parameter as it was sent: that of one which is for this Executor contains its name. */
function sentPath(path: Issue["loc"], parameters: Record<string, unknown>, deployment: string): Issue["loc"] {
  const [key, ...rest] = path;
  if (key === undefined) return path;
  const prefixed = `${deployment}__${key}`;
  if (Object.hasOwn(parameters, prefixed)) return [prefixed, ...rest];
  const own = parameters[deployment];
  return typeof own === "object" && own !== null && Object.hasOwn(own, key) ? [deployment, ...path] : path;
}

function issueOf(issue: SchemaIssue, loc: Issue["loc"], path: Issue["loc"] = pathOf(issue)): Issue {
  return { loc: [...loc, ...path], msg: issue.message, type: "value_error" };
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
      const [doc] = await answer.check([value], index++);
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
  async check(given: Iterable<unknown>, first = 0): Promise<PlainDocument[]> {
    const { codec, binding: { method } } = this;
    const plain = Array.from(given, (item, index) => {
      if (isPlainDocument(item)) {
        return (codec.plainDocument?.(item) ?? item) as PlainDocument;
      }
      throw invalidArgument(
        `Cannot send docs[${first + index}] of ${method}(): expected a document, not ${nameOf(item)}${
          item instanceof Promise ? "; use await Promise.all()" : ""
        }`,
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
      withId(fieldsOf((result as { value: unknown }).value, `the output of ${method}()`), docs[index].id)
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

/** What a schema gives, which has to be an object with fields. */
function fieldsOf(value: unknown, what: string): object {
  if (isPlainDocument(value)) return value;
  const given = typeof value === "string" ? quoted(value) : nameOf(value);
  throw invalidArgument(
    `Cannot use the schema of ${what}: expected it to give an object with fields, not ${given}`,
  );
}

/** The parameters without those for this Executor under its name, which are merged into the others. */
function ownParameters(parameters: CallContext["parameters"], deployment: string): object {
  const own = parameters[deployment];
  const { [deployment]: _, ...others } = parameters;
  return typeof own === "object" && own !== null && !Array.isArray(own) ? others : parameters;
}
