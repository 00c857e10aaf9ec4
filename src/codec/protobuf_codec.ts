/**
 * Jina's requests and documents as protobuf. A worker loads this on its first request of that kind, and with it the
 * library.
 *
 * @module
 */
import { Document } from "../document/document.ts";
import { type DocumentArray, toDocumentArray } from "../document/document_array.ts";
import { checkJson } from "../document/json_value.ts";
import { encodePlain, type PlainDocument } from "../document/plain.ts";
import { decodeAt } from "../protobuf/decode_error.ts";
import { decodeDocuments1, encodeDocument1, encodeDocuments1 } from "../protobuf/documents_v1.ts";
import { decodeDocuments2, encodeDocument2, encodeDocuments2 } from "../protobuf/documents_v2.ts";
import { alignIds, mergedFrom } from "../protobuf/merged.ts";
import { readRequest } from "../protobuf/messages.ts";
import { documentOfPlain2, noteTypes2, plainDocument2 } from "../protobuf/plain_v2.ts";
import { readStruct, writeStruct } from "../protobuf/struct.ts";
import { writeMessage, written as writtenBytes } from "../protobuf/wire.ts";
import type { Call } from "../protocol/protocol.ts";
import type { Codec, DecodedRequest, DocumentForm, FormOf } from "./codec.ts";
import { plainJson } from "./json_codec.ts";
import { mergeBranches } from "./merge_branches.ts";

type Json = Record<string, unknown>;

/** What the documents of one generation are decoded and encoded with. */
interface Documents {
  readonly encodeDocuments: (docs: Iterable<unknown>) => Uint8Array;
  readonly encodeDocument: (doc: unknown, index: number) => Uint8Array;
  readonly decode: (bytes: Uint8Array, loc?: readonly string[]) => DocumentArray;
  readonly toPlain: (doc: Document) => PlainDocument;
  readonly fromPlain: (doc: PlainDocument) => Document;
  readonly noteTypes?: Codec["noteTypes"];
}

/** `DocumentArrayProto`: docarray before 0.30. */
export const protobufCodec1: Codec<Uint8Array> = codecFor({
  decode: decodeDocuments1,
  encodeDocuments: encodeDocuments1,
  encodeDocument: encodeDocument1,
  toPlain: plainJson,
  fromPlain: (doc) => Document.fromJSON(encodePlain([doc])[0]),
});

/** `DocListProto`: docarray since 0.30. */
export const protobufCodec2: Codec<Uint8Array> = codecFor({
  decode: decodeDocuments2,
  encodeDocuments: encodeDocuments2,
  encodeDocument: encodeDocument2,
  toPlain: plainDocument2,
  fromPlain: documentOfPlain2,
  noteTypes: noteTypes2,
});

function codecFor(documents: Documents): Codec<Uint8Array> {
  const { decode, encodeDocuments, encodeDocument, toPlain, fromPlain, noteTypes } = documents;
  const written = (docs: Iterable<unknown>, form?: DocumentForm) =>
    form === "plain" ? Array.from(docs as Iterable<PlainDocument>, fromPlain) : docs;
  return {
    decodeRequest(call, formOf) {
      const { body, branches, envelope, requestId } = call;
      if (envelope === undefined) return decodeBody(call, documents, formOf);
      const { endpoint, target = "", parameters } = envelope;
      const form = formOf?.(endpoint, requestId);
      const docs = decode(body);
      const merged = branches === undefined ? docs : merge(docs, branches.map((branch) => decode(branch)));
      return {
        ...inForm(merged, form, documents, ["body", "data"]),
        endpoint,
        target,
        parameters: parameters === undefined ? {} : readStruct(parameters),
        encodedParameters: parameters,
        requestId,
      };
    },
    encodeDocuments: (docs, form) => encodeDocuments(written(docs, form)),
    encodeDocument: (doc, index, form) => encodeDocument([...written([doc], form)][0], index),
    plainDocument: (doc) => doc instanceof Document ? toPlain(doc) : doc as PlainDocument,
    ...(noteTypes && { noteTypes }),
    joinDocuments: (docs) =>
      writtenBytes((writer) => {
        for (const doc of docs) writeMessage(writer, 1, doc);
      }),
    encodeResult(result) {
      checkJson(result, "result");
      return writeStruct(result);
    },
  };
}

/** Decodes a `DataRequestProto`. */
function decodeBody(
  call: Call<Uint8Array>,
  documents: Documents,
  formOf?: FormOf,
): DecodedRequest<Uint8Array> {
  const head = decodeAt(["body"], () => readRequest(call.body));
  const encoded = head.parameters ?? new Uint8Array();
  // An empty text is one that is not set.
  const endpoint = call.endpoint || head.endpoint || "/";
  const requestId = head.requestId || call.requestId;
  const form = formOf?.(endpoint, requestId);
  const docsLoc = ["body", "data", "docs"];
  const docs = head.docs === undefined ? toDocumentArray([]) : documents.decode(head.docs, docsLoc);
  return {
    ...inForm(docs, form, documents, docsLoc),
    endpoint,
    target: head.target ?? "",
    parameters: decodeAt(["body", "parameters"], () => readStruct(encoded)),
    // A copy: what is sent on is cloned with its whole buffer.
    encodedParameters: encoded.length === 0 ? undefined : new Uint8Array(encoded),
    requestId,
  };
}

/** Fields that a Document does not have are always in `extra`. */
function inForm(
  docs: DocumentArray,
  form: DocumentForm = "document",
  { toPlain }: Documents,
  docsLoc: readonly string[],
): Pick<DecodedRequest, "docs" | "form" | "docsLoc" | "received"> {
  if (form !== "plain") return { docs };
  const received = Array.from(docs, toPlain);
  return { docs: received as unknown as DocumentArray, form, docsLoc, received };
}

function merge(base: DocumentArray, branches: readonly DocumentArray[]): DocumentArray {
  // The rules are those of JSON: a Document has the same names for what is merged by id or by key.
  const [before, ...after] = [base, ...branches].map((docs) => alignIds(docs) as unknown as Json[]);
  return toDocumentArray(mergeBranches(before, after, mergedFrom) as unknown as Document[]);
}
