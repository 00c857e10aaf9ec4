import type { Codec } from "../../src/codec/codec.ts";
import { Document } from "../../src/document/document.ts";
import { toDocumentArray } from "../../src/document/document_array.ts";

/** A wire format for tests: a request is its endpoint and a text for each document, one a line. */
export const linesCodec: Codec<string> = {
  decodeRequest({ body, endpoint, envelope, requestId }) {
    const lines = body === "" ? [] : body.split("\n");
    const named = envelope?.endpoint ?? endpoint ?? lines.shift() ?? "/";
    return {
      docs: toDocumentArray(lines.map((text) => new Document({ id: text, text }))),
      endpoint: named,
      target: "",
      parameters: {},
      encodedParameters: undefined,
      requestId,
    };
  },
  encodeDocuments: (docs) => Array.from(docs, (doc) => (doc as Document).text).join("\n"),
  encodeDocument: (doc) => (doc as Document).text ?? "",
  joinDocuments: (docs) => docs.join("\n"),
  encodeResult: (result) => Object.entries(result).join("\n"),
};
