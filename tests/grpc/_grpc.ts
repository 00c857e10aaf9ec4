/** A gRPC front over a backend that a test writes, and a client of grpc-js that sends bytes. @module */
import { Buffer } from "node:buffer";
import {
  type CallOptions,
  type ChannelOptions,
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import { GrpcFront, type GrpcFrontOptions } from "../../src/grpc/grpc_front.ts";
import type { Backend, FlowAnswer, FlowRequest } from "../../src/gateway/backend.ts";
import type { OpenFront } from "../../src/gateway/front.ts";
import { Logger, type LogRecord } from "../../src/log/logger.ts";
import type { Encoded } from "../../src/protocol/encoded.ts";
import type { RequestContext } from "../../src/protocol/request_context.ts";
import { endpointsOf } from "../gateway/_backend.ts";
import { readRequest, writeRequest } from "../../src/protobuf/messages.ts";
import { BinaryWriter, writeMessage } from "../../src/protobuf/wire.ts";

export const CALL = "/jina.JinaRPC/Call";
export const SINGLE = "/jina.JinaSingleDataRequestRPC/process_single_data";
export const LIST = "/jina.JinaDataRequestRPC/process_data";
export const STREAM_DOC = "/jina.JinaSingleDocumentRequestRPC/stream_doc";

export type Handle = (
  request: FlowRequest<Uint8Array>,
  context: RequestContext<Uint8Array>,
) => Promise<FlowAnswer<Uint8Array>> | FlowAnswer<Uint8Array>;

/** Answers with the documents of the request. */
export const echo: Handle = ({ body }) => done(body);

/** An answer with the documents of a request. */
export function done(body: Uint8Array): FlowAnswer<Uint8Array> {
  const { docs = new Uint8Array(), requestId, endpoint = "/" } = readRequest(body);
  return { kind: "done", requestId, endpoint, docs, routes: [], results: [] };
}

/** A request with an id, and a document whose text is as long as asked for. */
export function requestOf(requestId: string, size = 0): Uint8Array {
  const [text, docs] = [new BinaryWriter(), new BinaryWriter()];
  writeMessage(text, 4, new Uint8Array(size).fill(97));
  writeMessage(docs, 1, text.finish());
  return writeRequest({ requestId, endpoint: "/foo", docs: docs.finish() });
}

/** A front that is open, and a client of it. */
export class Served implements AsyncDisposable {
  readonly logs: LogRecord[] = [];
  readonly #clients: Client[] = [];
  #front?: OpenFront;

  static async start(handle: Handle = echo, options: Partial<GrpcFrontOptions> = {}): Promise<Served> {
    const served = new Served();
    const log = new Logger("Flow", (record) => served.logs.push(record));
    const backend: Backend = {
      endpoints: endpointsOf("/foo"),
      hasDefault: false,
      downReason: undefined,
      // deno-lint-ignore require-await -- rejects where the handler throws
      async run<E extends Encoded>(request: FlowRequest<E>, context: RequestContext<E>) {
        return handle(request as FlowRequest<Uint8Array>, context as never) as FlowAnswer<E>;
      },
      status: () => ({}),
      metrics: () => Promise.resolve(""),
      onChange: () => () => {},
    };
    const front = new GrpcFront({ host: "127.0.0.1", port: 0, bodyLimit: 1e6, ...options }, log);
    served.#front = await front.start(backend);
    return served;
  }

  get port(): number {
    return this.#front!.port!;
  }

  client(options: ChannelOptions = {}): RawClient {
    const client = new RawClient(this.port, options);
    this.#clients.push(client);
    return client;
  }

  close(graceMs = 1_000): Promise<void> {
    return this.#front!.close(graceMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.close(0);
  }
}

const toBuffer = (bytes: Uint8Array) => Buffer.from(bytes);
const toBytes = (buffer: Buffer) => new Uint8Array(buffer);

/** The outcome of a unary call. */
export interface Outcome {
  readonly bytes?: Uint8Array;
  readonly error?: ServiceError;
  readonly trailers: Metadata;
}

/** A client that sends and receives bytes. */
export class RawClient extends Client {
  constructor(port: number, options: ChannelOptions = {}) {
    super(`127.0.0.1:${port}`, credentials.createInsecure(), options);
  }

  unary(path: string, request: Uint8Array, metadata: Record<string, string> = {}, options: CallOptions = {}) {
    return this.cancellable(path, request, metadata, options).outcome;
  }

  cancellable(
    path: string,
    request: Uint8Array,
    metadata: Record<string, string> = {},
    options: CallOptions = {},
  ): { outcome: Promise<Outcome>; cancel(): void } {
    const { promise: outcome, resolve } = Promise.withResolvers<Outcome>();
    let answer: Uint8Array | undefined;
    let failure: ServiceError | undefined;
    const call = this.makeUnaryRequest(
      path,
      toBuffer,
      toBytes,
      request,
      metadataOf(metadata),
      options,
      (error, bytes) => {
        answer = bytes;
        failure = error ?? undefined;
      },
    );
    call.on("status", ({ metadata: trailers }) =>
      // The callback comes after it.
      setTimeout(() =>
        resolve({ ...(answer && { bytes: answer }), ...(failure && { error: failure }), trailers })
      ));
    return { outcome, cancel: () => call.cancel() };
  }

  bidi(path: string, metadata: Record<string, string> = {}, options: CallOptions = {}): RawStream {
    return new RawStream(this.makeBidiStreamRequest(path, toBuffer, toBytes, metadataOf(metadata), options));
  }

  serverStream(path: string, request: Uint8Array, options: CallOptions = {}): RawStream {
    return new RawStream(
      this.makeServerStreamRequest(path, toBuffer, toBytes, request, new Metadata(), options),
    );
  }
}

function metadataOf(values: Record<string, string>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(values)) metadata.set(name, value);
  return metadata;
}

/** A stream of a client. */
export class RawStream {
  readonly received: Uint8Array[] = [];
  readonly #status = Promise.withResolvers<{ code: number; details: string; metadata: Metadata }>();
  /** The status of the end. */
  readonly status = this.#status.promise;
  #wake = () => {};

  constructor(readonly call: ClientDuplexStream<Uint8Array, Uint8Array> | ClientReadableStream<Uint8Array>) {
    call.on("data", (bytes: Uint8Array) => {
      this.received.push(bytes);
      this.#wake();
    });
    call.on("error", () => {});
    call.on("status", (status) => {
      this.#status.resolve(status);
      this.#wake();
    });
  }

  write(...requests: Uint8Array[]): this {
    for (const request of requests) (this.call as ClientDuplexStream<Uint8Array, Uint8Array>).write(request);
    return this;
  }

  end(): this {
    (this.call as ClientDuplexStream<Uint8Array, Uint8Array>).end();
    return this;
  }

  /** Waits until so many answers are there. */
  async got(count: number): Promise<Uint8Array[]> {
    while (this.received.length < count) await new Promise<void>((resolve) => this.#wake = resolve);
    return this.received;
  }
}
