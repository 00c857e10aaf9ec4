/**
 * Jina's requests and answers as protobuf: `DataRequestProto` and `SingleDocumentRequestProto`. Documents and parameters
 * stay bytes here. The field numbers are those of `proto/v1/jina.proto`.
 *
 * @module
 */
import { BinaryReader, BinaryWriter, readFields, WireType, writeMessage, writeText } from "./wire.ts";

/** The generations of documents: docarray before 0.30, and since. Nothing in a request says which one it has. */
export type Generation = 1 | 2;

/** A request without its documents' content. Byte arrays are views of the request. */
export interface RequestHead {
  /** Empty when the client sent none. */
  readonly requestId: string;
  /** Left out when the client sent none. */
  readonly endpoint?: string;
  /** The pattern of the Executors' names. */
  readonly target?: string;
  /** The time it may take, as the client states it. */
  readonly timeout?: number;
  /** A `Struct`. */
  readonly parameters?: Uint8Array;
  /** A `DocumentArrayProto` (`DocListProto` in the second generation); of a single document's request, the document. */
  readonly docs?: Uint8Array;
  /** The `RouteProto`s that it came with, encoded. */
  readonly routes: readonly Uint8Array[];
}

/** `StatusProto`: an error. */
export interface Status {
  readonly code: number;
  readonly description: string;
  readonly exception?: {
    readonly name: string;
    readonly args: readonly string[];
    readonly stacks: readonly string[];
    readonly executor: string;
  };
}

/** `RouteProto`; times in milliseconds since 1970. */
export interface RouteMessage {
  readonly executor: string;
  readonly startTime: number;
  readonly endTime: number;
  readonly status?: Status;
}

/** What a request or an answer is written from. */
export interface MessageParts {
  readonly requestId: string;
  readonly endpoint?: string;
  readonly target?: string;
  readonly timeout?: number;
  /** An error; left out when all is well. */
  readonly status?: Status;
  /** A `Struct`; left out when there are none. */
  readonly parameters?: Uint8Array;
  readonly routes?: readonly (RouteMessage | Uint8Array)[];
  /** The documents as {@linkcode RequestHead.docs} has them. */
  readonly docs?: Uint8Array;
}

/** An answer as a client reads it. */
export interface AnswerHead extends RequestHead {
  readonly status?: Status;
}

/**
 * Reads a `DataRequestProto`, or an answer, which has the same form. Of the documents only their place is read.
 *
 * @throws {Error} When the bytes are not such a message.
 */
export function readRequest(bytes: Uint8Array): AnswerHead {
  return readParts(bytes, (reader) => {
    let docs: Uint8Array | undefined;
    readFields(reader.bytes(), (number, data) => {
      if (number === 1) docs = data.bytes();
      else if (number === 2) throw new Error("expected data.docs, not data.docs_bytes");
      else return false;
    });
    return docs;
  });
}

/**
 * Reads a `SingleDocumentRequestProto`: `docs` is the document.
 *
 * @throws {Error} When the bytes are not such a message.
 */
export function readSingleRequest(bytes: Uint8Array): AnswerHead {
  return readParts(bytes, (reader) => reader.bytes());
}

/** Writes a `DataRequestProto`. */
export function writeRequest(parts: MessageParts): Uint8Array {
  return writeParts(parts, (writer, docs) => {
    writer.tag(4, WireType.LengthDelimited).fork();
    writeMessage(writer, 1, docs);
    writer.join();
  });
}

/** Writes a `SingleDocumentRequestProto`: `docs` is the document. */
export function writeSingleRequest(parts: MessageParts): Uint8Array {
  return writeParts(parts, (writer, docs) => writeMessage(writer, 4, docs));
}

/**
 * The generation of documents, by the first one of them: a document of the first generation begins with its id, one of
 * the second with the entries of a map, each of which begins with its key.
 *
 * @param docs A `DocumentArrayProto`, or a `DocListProto`.
 * @returns `undefined` when there is no document to see it by.
 */
export function generationOf(docs: Uint8Array): Generation | undefined {
  let first: Uint8Array | undefined;
  readFields(docs, (number, reader) => {
    if (number !== 1 || first !== undefined) return false;
    first = reader.bytes();
  });
  return first === undefined || first.length === 0 ? undefined : generationOfDocument(first);
}

/** The generation of one document that is not empty. */
export function generationOfDocument(doc: Uint8Array): Generation {
  const reader = new BinaryReader(doc);
  const [number, wireType] = reader.tag();
  if (number !== 1 || wireType !== WireType.LengthDelimited) return 1;
  return isMapEntry(reader.bytes()) ? 2 : 1;
}

/** Whether bytes are an entry of a map: a key, a text, and after it a message. An id does not begin with a line feed. */
function isMapEntry(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0x0a) return false;
  try {
    const reader = new BinaryReader(bytes);
    reader.tag();
    reader.string();
    while (reader.pos < reader.len) {
      const [number, wireType] = reader.tag();
      if (number !== 2 || wireType !== WireType.LengthDelimited) return false;
      reader.bytes();
    }
    return true;
  } catch {
    return false;
  }
}

function readParts(
  bytes: Uint8Array,
  readDocs: (reader: BinaryReader) => Uint8Array | undefined,
): AnswerHead {
  const head: { -readonly [K in keyof AnswerHead]: AnswerHead[K] } = { requestId: "", routes: [] };
  const routes: Uint8Array[] = [];
  readFields(bytes, (number, reader, wireType) => {
    if (number <= 4 && wireType !== WireType.LengthDelimited) {
      throw new Error(`invalid wire type of field ${number}`);
    }
    switch (number) {
      case 1:
        return void Object.assign(head, readHeader(reader.bytes()));
      case 2:
        return void (head.parameters = reader.bytes());
      case 3:
        return void routes.push(reader.bytes());
      case 4:
        return void (head.docs = readDocs(reader) ?? head.docs);
      default:
        return false;
    }
  });
  head.routes = routes;
  return head;
}

function readHeader(bytes: Uint8Array): Partial<AnswerHead> {
  const head: { -readonly [K in keyof AnswerHead]?: AnswerHead[K] } = {};
  readFields(bytes, (number, reader) => {
    switch (number) {
      case 1:
        return void (head.requestId = reader.string());
      case 2:
        return void (head.status = readStatus(reader.bytes()));
      case 3:
        return void (head.endpoint = reader.string());
      case 4:
        return void (head.target = reader.string());
      case 5:
        return void (head.timeout = reader.uint32());
      default:
        return false;
    }
  });
  return head;
}

/** Reads a `StatusProto`. */
export function readStatus(bytes: Uint8Array): Status {
  const status: { -readonly [K in keyof Status]: Status[K] } = { code: 0, description: "" };
  readFields(bytes, (number, reader) => {
    if (number === 1) status.code = reader.int32();
    else if (number === 2) status.description = reader.string();
    else if (number === 3) status.exception = readException(reader.bytes());
    else return false;
  });
  return status;
}

function readException(bytes: Uint8Array): Status["exception"] {
  let [name, executor] = ["", ""];
  const [args, stacks]: string[][] = [[], []];
  readFields(bytes, (number, reader) => {
    if (number === 1) name = reader.string();
    else if (number === 2) args.push(reader.string());
    else if (number === 3) stacks.push(reader.string());
    else if (number === 4) executor = reader.string();
    else return false;
  });
  return { name, args, stacks, executor };
}

function writeParts(
  parts: MessageParts,
  writeDocs: (writer: BinaryWriter, docs: Uint8Array) => void,
): Uint8Array {
  const writer = new BinaryWriter();
  const { requestId, status, endpoint, target, timeout } = parts;
  writer.tag(1, WireType.LengthDelimited).fork();
  writeText(writer, 1, requestId);
  if (status !== undefined) writeMessage(writer, 2, writeStatus(status));
  // These are optional in the protocol: an empty one is sent, too.
  if (endpoint !== undefined) writer.tag(3, WireType.LengthDelimited).string(endpoint);
  if (target !== undefined) writer.tag(4, WireType.LengthDelimited).string(target);
  if (timeout !== undefined) writer.tag(5, WireType.Varint).uint32(timeout);
  writer.join();
  if (parts.parameters !== undefined) writeMessage(writer, 2, parts.parameters);
  for (const route of parts.routes ?? []) {
    writeMessage(writer, 3, route instanceof Uint8Array ? route : writeRoute(route));
  }
  if (parts.docs !== undefined) writeDocs(writer, parts.docs);
  return writer.finish();
}

/** Writes a `StatusProto`. */
export function writeStatus({ code, description, exception }: Status): Uint8Array {
  const writer = new BinaryWriter();
  if (code !== 0) writer.tag(1, WireType.Varint).int32(code);
  writeText(writer, 2, description);
  if (exception !== undefined) {
    writer.tag(3, WireType.LengthDelimited).fork();
    writeText(writer, 1, exception.name);
    for (const arg of exception.args) writer.tag(2, WireType.LengthDelimited).string(arg);
    for (const line of exception.stacks) writer.tag(3, WireType.LengthDelimited).string(line);
    writeText(writer, 4, exception.executor);
    writer.join();
  }
  return writer.finish();
}

function writeRoute({ executor, startTime, endTime, status }: RouteMessage): Uint8Array {
  const writer = new BinaryWriter();
  writeText(writer, 1, executor);
  writeTime(writer, 2, startTime);
  writeTime(writer, 3, endTime);
  if (status !== undefined) writeMessage(writer, 4, writeStatus(status));
  return writer.finish();
}

function writeTime(writer: BinaryWriter, number: number, ms: number): void {
  writer.tag(number, WireType.LengthDelimited).fork();
  const seconds = Math.floor(ms / 1000);
  const nanos = Math.round((ms - seconds * 1000) * 1e6);
  if (seconds !== 0) writer.tag(1, WireType.Varint).int64(seconds);
  if (nanos !== 0) writer.tag(2, WireType.Varint).int32(nanos);
  writer.join();
}
