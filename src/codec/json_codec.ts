import { Document } from "../document/document.ts";
import { encodeDocuments } from "../document/encode.ts";
import { toJson } from "../document/json_value.ts";
import { encodePlain, type PlainDocument } from "../document/plain.ts";
import { InvalidRequestError, type Issue } from "../errors/mod.ts";
import type { Codec, DocumentForm } from "./codec.ts";
import { decodeBody, readDocs } from "./_json_request.ts";
import { mergeBranches } from "./merge_branches.ts";

/** JSON as Jina's clients send and expect it. */
export const jsonCodec: Codec<string> = {
  decodeRequest(call, formOf) {
    const { body, branches, envelope, requestId } = call;
    if (envelope === undefined) return decodeBody(call, formOf);
    const base = JSON.parse(body);
    const merged = branches && mergeBranches(base, branches.map((branch) => JSON.parse(branch)));
    const { endpoint, target = "", parameters } = envelope;
    const form = formOf?.(endpoint, requestId) ?? "document";
    const issues: Issue[] = [];
    const docs = readDocs(merged ?? base, [], form, issues);
    if (docs === undefined || issues.length > 0) throw new InvalidRequestError(issues);
    return {
      docs,
      endpoint,
      target,
      parameters: parameters === undefined ? {} : JSON.parse(parameters),
      encodedParameters: parameters,
      ...(form !== "document" && { form, docsLoc: ["body", "data"] }),
      requestId,
    };
  },
  encodeDocuments: (docs, form) => JSON.stringify(jsonOf(docs, form)),
  encodeDocument: (doc, index, form) => JSON.stringify(jsonOf([doc], form, index)[0]),
  plainDocument: plainJson,
  joinDocuments: (docs) => `[${docs.join()}]`,
  encodeResult: (result) => toJson(result, "result"),
};

function jsonOf(docs: Iterable<unknown>, form: DocumentForm = "document", first = 0): object[] {
  if (form === "plain") return encodePlain(docs as Iterable<PlainDocument>, first);
  return encodeDocuments(docs, first, form === "document" ? "readable" : "open");
}

/** A document as a plain object: a Document with its names in JSON. */
export function plainJson(doc: object): PlainDocument {
  return (doc instanceof Document ? encodeDocuments([doc], 0, "open")[0] : doc) as PlainDocument;
}
