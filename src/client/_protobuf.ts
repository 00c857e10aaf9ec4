import { DocumentArray, toDocumentArray } from "../document/document_array.ts";
import { BadClientError, BadServerError, type ResponseDetails, type ResponseError } from "../errors/mod.ts";
import {
  decodeDocument1,
  decodeDocuments1,
  encodeDocument1,
  encodeDocuments1,
} from "../protobuf/documents_v1.ts";
import {
  type AnswerHead,
  readRequest,
  readSingleRequest,
  type Status,
  writeRequest,
  writeSingleRequest,
} from "../protobuf/messages.ts";
import { readStruct, writeStruct } from "../protobuf/struct.ts";
import type { ClientRequest } from "./_transport.ts";
import type { Answer } from "./options.ts";

/** The HTTP status of the gateway's own errors; any other error is an Executor's. */
const STATUS: Readonly<Record<string, number>> = {
  InvalidRequestError: 422,
  UnboundEndpointError: 404,
  DownError: 503,
  CutError: 503,
};

/** Encodes a request as a `DataRequestProto`, with documents of the first generation. */
export function encodeRequest(request: ClientRequest): Uint8Array {
  return writeRequest({ ...headOf(request), docs: encodeDocuments1(request.docs, request.first) });
}

/** Encodes a request with one document as a `SingleDocumentRequestProto`. */
export function encodeSingleRequest(request: ClientRequest): Uint8Array {
  return writeSingleRequest({ ...headOf(request), docs: encodeDocument1(request.docs[0]) });
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
  return read(ownId, () => readSingleRequest(bytes), (doc) => toDocumentArray([decodeDocument1(doc)]));
}

function read(
  ownId: string,
  parse: () => AnswerHead,
  decode = (docs: Uint8Array) => decodeDocuments1(docs),
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
