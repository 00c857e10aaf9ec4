import { DocumentArray } from "../document/document_array.ts";
import { encodeDocuments } from "../document/encode.ts";
import { toJson } from "../document/json_value.ts";
import type { Codec } from "./codec.ts";
import { decodeBody } from "./_json_request.ts";
import { mergeBranches } from "./merge_branches.ts";

/** JSON as Jina's clients send and expect it. */
export const jsonCodec: Codec<string> = {
  decodeRequest(call) {
    const { body, branches, envelope, requestId } = call;
    if (envelope === undefined) return decodeBody(call);
    const base = JSON.parse(body);
    const merged = branches && mergeBranches(base, branches.map((branch) => JSON.parse(branch)));
    const { endpoint, target = "", parameters } = envelope;
    return {
      docs: DocumentArray.fromJSON(merged ?? base),
      endpoint,
      target,
      parameters: parameters === undefined ? {} : JSON.parse(parameters),
      encodedParameters: parameters,
      requestId,
    };
  },
  encodeDocuments: (docs) => JSON.stringify(encodeDocuments(docs)),
  encodeDocument: (doc, index) => JSON.stringify(encodeDocuments([doc], index)[0]),
  joinDocuments: (docs) => `[${docs.join()}]`,
  encodeResult: (result) => toJson(result, "result"),
};
