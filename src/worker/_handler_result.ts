import type { DocumentArray } from "../document/document_array.ts";
import { isPlain, nameOf } from "../document/json_value.ts";
import { preview } from "../errors/mod.ts";

const EXPECTED =
  "a handler returns nothing, a DocumentArray, or a plain object, or it is a generator of Documents";
const EXPECTED_AT_END = "a generator yields its Documents, and returns nothing or a plain object";

/** The documents of an array that a handler returned, if it returned one; throws when an item cannot be a document. */
export function returnedDocuments(returned: unknown): DocumentArray | undefined {
  if (!Array.isArray(returned)) return undefined;
  const invalidIndex = returned.findIndex((item) =>
    typeof item !== "object" || item === null || Array.isArray(item)
  );
  if (invalidIndex < 0) return returned as DocumentArray;
  throw new TypeError(
    `Cannot answer with an array that contains ${preview(returned[invalidIndex])}: ${EXPECTED}`,
  );
}

/** The plain object that a handler, or a generator at its end, returned, if any; throws when it returned anything else. */
export function returnedResult(returned: unknown, isGenerator = false): object | undefined {
  if (returned === undefined || returned === null) return undefined;
  if (isPlain(returned)) return returned;
  throw new TypeError(`Cannot answer with ${nameOf(returned)}: ${isGenerator ? EXPECTED_AT_END : EXPECTED}`);
}
