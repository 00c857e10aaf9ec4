import type { Document } from "../document/document.ts";
import { DocumentArray, toDocumentArray } from "../document/document_array.ts";
import { BadClientError, BadServerError, type ResponseDetails, type ResponseError } from "../errors/mod.ts";
import {
  decodeDocument1,
  decodeDocuments1,
  encodeDocument1,
  encodeDocuments1,
} from "../protobuf/documents_v1.ts";
import {
  decodeDocument2,
  decodeDocuments2,
  encodeDocument2,
  encodeDocuments2,
} from "../protobuf/documents_v2.ts";
import {
  type AnswerHead,
  generationOf,
  generationOfDocument,
  readRequest,
  readSingleRequest,
  type Status,
  writeRequest,
  writeSingleRequest,
} from "../protobuf/messages.ts";
import { readStruct, writeStruct } from "../protobuf/struct.ts";
import type { ClientRequest } from "./_transport.ts";
import type { Answer } from "./options.ts";

const NO_PARTS: readonly Document[] = [];

/** The HTTP status of the gateway's own errors; any other error is an Executor's. */
const STATUS: Readonly<Record<string, number>> = {
  InvalidRequestError: 422,
  UnboundEndpointError: 404,
  DownError: 503,
  CutError: 503,
};

/**
 * Encodes a request as a `DataRequestProto`. Its documents are of the first generation, unless one has an `extra`: only
 * the second one can have fields of other classes.
 */
export function encodeRequest(request: ClientRequest): Uint8Array {
  const { docs, first } = request;
  const encode = haveExtra(docs) ? encodeDocuments2 : encodeDocuments1;
  return writeRequest({ ...headOf(request), docs: encode(docs, first) });
}

/** Encodes a request with one document as a `SingleDocumentRequestProto`, as {@linkcode encodeRequest} does. */
export function encodeSingleRequest(request: ClientRequest): Uint8Array {
  const { docs } = request;
  const encode = haveExtra(docs) ? encodeDocument2 : encodeDocument1;
  return writeSingleRequest({ ...headOf(request), docs: encode(docs[0]) });
}

/** Whether a document, or a part of one, has an `extra`, be it empty. */
function haveExtra(docs: readonly Document[], seen = new Set<Document>()): boolean {
  return docs.some((doc) => {
    // What is no document, or contains itself, is refused when it is written.
    if (Object(doc) !== doc) return false;
    if (doc.extra !== undefined) return true;
    const parts = partsOf(doc);
    if (parts.length === 0 || seen.has(doc)) return false;
    seen.add(doc);
    return haveExtra(parts, seen);
  });
}

/** The parts of a document. Reading those that it does not have would create them. */
function partsOf(doc: Document): readonly Document[] {
  const own = (["chunks", "matches"] as const).filter((key) => Object.hasOwn(doc, key));
  return own.length === 0 ? NO_PARTS : own.map((key) => doc[key]).filter(Array.isArray).flat();
}

function headOf({ requestId, endpoint, targetExecutor, parameters }: ClientRequest) {
  return {
    requestId,
    endpoint,
    ...(targetExecutor !== "" && { target: targetExecutor }),
    // As JSON has them: a Date, for example, is a text.
    parameters: writeStruct(JSON.parse(JSON.stringify(parameters))),
  };
}

/**
 * Reads an answer.
 *
 * @param ownId The request's id, for answers without one.
 * @throws {ResponseError} When it is an error, or not that of a Flow.
 */
export function readAnswer(bytes: Uint8Array, ownId: string): Answer {
  return read(ownId, () => readRequest(bytes));
}

/** Reads one of the answers to {@linkcode encodeSingleRequest}, as {@linkcode readAnswer} does. */
export function readSingleAnswer(bytes: Uint8Array, ownId: string): Answer {
  return read(ownId, () => readSingleRequest(bytes), (doc) => toDocumentArray([decodeDocument(doc)]));
}

function read(
  ownId: string,
  parse: () => AnswerHead,
  decode = decodeDocuments,
): Answer {
  let failure: ResponseError | undefined;
  try {
    const { requestId: id, status, docs, parameters } = parse();
    const requestId = id || ownId;
    if (status !== undefined && status.code !== 0) failure = failureOf(status, requestId);
    else {
      return {
        docs: docs === undefined ? new DocumentArray() : decode(docs),
        parameters: parameters === undefined ? {} : readStruct(parameters),
        requestId,
      };
    }
  } catch (cause) {
    const message = `Cannot read the answer: ${(cause as Error).message}`;
    failure = new BadServerError(message, { status: 200, requestId: ownId });
  }
  throw failure;
}

function decodeDocuments(docs: Uint8Array): DocumentArray {
  return generationOf(docs) === 2 ? decodeDocuments2(docs) : decodeDocuments1(docs);
}

function decodeDocument(doc: Uint8Array): Document {
  return doc.length > 0 && generationOfDocument(doc) === 2 ? decodeDocument2(doc) : decodeDocument1(doc);
}

function failureOf({ description, exception }: Status, requestId: string): ResponseError {
  const { name = "", executor, args = [] } = exception ?? {};
  // The status of a refusal follows its message.
  const status = executor ? 500 : name === "RequestError" ? Number(args[1]) || 400 : STATUS[name] ?? 500;
  return responseError(description || name, { status, requestId, ...(executor && { executor }) });
}

/** The error of a status: 4xx is the client's fault. */
export function responseError(message: string, details: ResponseDetails): ResponseError {
  return details.status < 500 ? new BadClientError(message, details) : new BadServerError(message, details);
}
