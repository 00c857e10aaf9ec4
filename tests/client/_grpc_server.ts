import {
  type Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type status,
} from "@grpc/grpc-js";
import { Buffer } from "node:buffer";
import { Client, type ClientOptions } from "../../mod.ts";
import { type AnswerHead, readRequest, writeRequest } from "../../src/protobuf/messages.ts";

export const UNARY = "/jina.JinaSingleDataRequestRPC/process_single_data";
export const STREAM = "/jina.JinaSingleDocumentRequestRPC/stream_doc";
export const DRY_RUN = "/jina.JinaGatewayDryRunRPC/dry_run";

/** A call as a test sees it. */
export interface Call {
  readonly head: AnswerHead;
  readonly metadata: Metadata;
  /** The client's deadline. */
  readonly deadline: number;
  /** Resolves when the client has cancelled it. */
  readonly cancelled: Promise<void>;
}

/** A status in place of an answer. */
export interface Failure {
  readonly code: status;
  readonly details: string;
}

/** Answers a call with bytes, which are a stream when they are iterable. */
export type Handler = (call: Call, body: Uint8Array) => unknown;

/** A gRPC server that does what a test says, and notes the requests. */
export class GrpcPeer implements AsyncDisposable {
  readonly heads: AnswerHead[] = [];

  private constructor(private readonly server: Server, readonly port: number) {}

  /** Starts it. Without a handler, it answers with the documents of each request. */
  static async start(
    handlers: Readonly<Record<string, Handler>> = { [UNARY]: echoed },
    credentials = ServerCredentials.createInsecure(),
    port = 0,
  ): Promise<GrpcPeer> {
    const server = new Server({ "grpc.max_receive_message_length": -1 });
    const listen = Promise.withResolvers<number>();
    server.bindAsync(`127.0.0.1:${port}`, credentials, (error, port) => {
      if (error) listen.reject(error);
      else listen.resolve(port);
    });
    const peer = new GrpcPeer(server, await listen.promise);
    for (const [path, handler] of Object.entries(handlers)) peer.#add(path, handler);
    return peer;
  }

  client(options: ClientOptions = {}): Client {
    return new Client({ port: this.port, protocol: "grpc", ...options });
  }

  #add(path: string, handler: Handler): void {
    const serialize = (bytes: Uint8Array) => Buffer.from(bytes);
    const responseStream = path === STREAM;
    const method = {
      path,
      requestStream: false,
      responseStream,
      requestSerialize: serialize,
      requestDeserialize: (bytes: Uint8Array) => bytes,
      responseSerialize: serialize,
      responseDeserialize: (bytes: Uint8Array) => bytes,
    } as const;
    const unary = (call: ServerUnaryCall<Uint8Array, Uint8Array>, done: (...answer: unknown[]) => void) =>
      this.#run(call, handler).then((bytes) => done(null, bytes), (failure) => done(failure));
    const stream = (call: ServerWritableStream<Uint8Array, Uint8Array>) => this.#stream(call, handler);
    // deno-lint-ignore no-explicit-any -- grpc-js has a type for each kind of method
    this.server.addService({ method } as any, { method: responseStream ? stream : unary } as any);
  }

  async #run(
    call: ServerUnaryCall<Uint8Array, Uint8Array> | ServerWritableStream<Uint8Array, Uint8Array>,
    handler: Handler,
  ): Promise<unknown> {
    const cancelled = Promise.withResolvers<void>();
    (call as { on(event: "cancelled", listener: () => void): void }).on(
      "cancelled",
      () => cancelled.resolve(),
    );
    const head = readRequest(call.request);
    this.heads.push(head);
    const { metadata } = call;
    const deadline = Number(call.getDeadline());
    return await handler({ head, metadata, deadline, cancelled: cancelled.promise }, call.request);
  }

  async #stream(call: ServerWritableStream<Uint8Array, Uint8Array>, handler: Handler): Promise<void> {
    try {
      for await (const bytes of await this.#run(call, handler) as AsyncIterable<Uint8Array>) {
        if (call.cancelled) return;
        await new Promise<void>((resolve) => call.write(bytes, () => resolve()));
      }
      call.end();
    } catch (failure) {
      call.emit("error", failure);
    }
  }

  /** Closes the port and the connections. */
  kill(): void {
    this.server.forceShutdown();
  }

  // deno-lint-ignore require-await -- the interface asks for it
  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
  }
}

/** The answer that has what the request had. */
export function echoed({ head: { requestId, endpoint, docs, parameters } }: Call): Uint8Array {
  return writeRequest({ requestId, endpoint, docs, parameters });
}
