import { InvalidRequestError, type Issue } from "../errors/mod.ts";

/** The issue of documents that are nested too deeply to be encoded. */
export const TOO_DEEP: readonly Issue[] = [
  { loc: ["body", "data"], msg: "the documents are nested too deep", type: "value_error" },
];

/** The issues of a request that could not be decoded. */
export function issuesOf(error: unknown): readonly Issue[] {
  if (error instanceof InvalidRequestError) return error.issues;
  const { message } = error as Error;
  // Nesting that exhausts the call stack can only come from the request.
  if (error instanceof RangeError && message.includes("call stack")) return TOO_DEEP;
  // For example, nesting that is too deep for the parser.
  return [{ loc: ["body"], msg: message, type: "value_error" }];
}
