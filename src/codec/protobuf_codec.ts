/**
 * Jina's requests and documents as protobuf. A worker loads this on its first request of that kind, and with it the
 * library.
 *
 * @module
 */
import type { Document } from "../document/document.ts";
import { type DocumentArray, toDocumentArray } from "../document/document_array.ts";
import { checkJson } from "../document/json_value.ts";
import { decodeAt } from "../protobuf/decode_error.ts";
import { decodeDocuments1, encodeDocument1, encodeDocuments1 } from "../protobuf/documents_v1.ts";
import { decodeDocuments2, encodeDocument2, encodeDocuments2 } from "../protobuf/documents_v2.ts";
import { alignIds, mergedFrom } from "../protobuf/merged.ts";
import { readRequest } from "../protobuf/messages.ts";
import { readStruct, writeStruct } from "../protobuf/struct.ts";
import { writeMessage, written } from "../protobuf/wire.ts";
import type { Call } from "../protocol/protocol.ts";
import type { Codec, DecodedRequest } from "./codec.ts";
import { mergeBranches } from "./merge_branches.ts";

type Json = Record<string, unknown>;

/** What the documents of one generation are decoded and encoded with. */
interface Documents extends Pick<Codec<Uint8Array>, "encodeDocuments" | "encodeDocument"> {
  readonly decode: (bytes: Uint8Array, loc?: readonly string[]) => DocumentArray;
}

/** `DocumentArrayProto`: docarray before 0.30. */
export const protobufCodec1: Codec<Uint8Array> = codecFor({
  decode: decodeDocuments1,
  encodeDocuments: encodeDocuments1,
  encodeDocument: encodeDocument1,
});

/** `DocListProto`: docarray since 0.30. */
export const protobufCodec2: Codec<Uint8Array> = codecFor({
  decode: decodeDocuments2,
  encodeDocuments: encodeDocuments2,
  encodeDocument: encodeDocument2,
});

function codecFor({ decode, encodeDocuments, encodeDocument }: Documents): Codec<Uint8Array> {
  return {
    decodeRequest(call) {
      const { body, branches, envelope, requestId } = call;
      if (envelope === undefined) return decodeBody(call, decode);
      const docs = decode(body);
      const { endpoint, target = "", parameters } = envelope;
      return {
        docs: branches === undefined ? docs : merge(docs, branches.map((branch) => decode(branch))),
        endpoint,
        target,
        parameters: parameters === undefined ? {} : readStruct(parameters),
        encodedParameters: parameters,
        requestId,
      };
    },
    encodeDocuments,
    encodeDocument,
    joinDocuments: (docs) =>
      written((writer) => {
        for (const doc of docs) writeMessage(writer, 1, doc);
      }),
    encodeResult(result) {
      checkJson(result, "result");
      return writeStruct(result);
    },
  };
}

/** Decodes a `DataRequestProto`. */
function decodeBody(call: Call<Uint8Array>, decode: Documents["decode"]): DecodedRequest<Uint8Array> {
  const head = decodeAt(["body"], () => readRequest(call.body));
  const encoded = head.parameters ?? new Uint8Array();
  return {
    docs: head.docs === undefined ? toDocumentArray([]) : decode(head.docs, ["body", "data", "docs"]),
    // An empty text is one that is not set.
    endpoint: call.endpoint || head.endpoint || "/",
    target: head.target ?? "",
    parameters: decodeAt(["body", "parameters"], () => readStruct(encoded)),
    // A copy: what is sent on is cloned with its whole buffer.
    encodedParameters: encoded.length === 0 ? undefined : new Uint8Array(encoded),
    requestId: head.requestId || call.requestId,
  };
}

function merge(base: DocumentArray, branches: readonly DocumentArray[]): DocumentArray {
  // The rules are those of JSON: a Document has the same names for what is merged by id or by key.
  const [before, ...after] = [base, ...branches].map((docs) => alignIds(docs) as unknown as Json[]);
  return toDocumentArray(mergeBranches(before, after, mergedFrom) as unknown as Document[]);
}
