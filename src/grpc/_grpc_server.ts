import {
  logVerbosity,
  type sendUnaryData,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerInterceptingCall,
  type ServerInterceptor,
  type ServerUnaryCall,
  type ServerWritableStream,
  setLogVerbosity,
} from "@grpc/grpc-js";
import { AsyncQueue } from "../async/async_queue.ts";
import { isTimedOut } from "../async/deadline.ts";
import { RunningCount } from "../async/running_count.ts";
import type { Logger } from "../log/logger.ts";
import { type Http2Listener, runtime } from "../runtime/mod.ts";
import { GrpcCall, statusOf } from "./_grpc_call.ts";
import { deserialize, type Message, serialize } from "./_message.ts";
import { tracedCall } from "./_traced.ts";
import { Code, GrpcError, type ServiceAdder } from "./service_adder.ts";

type Unary = ServerUnaryCall<Uint8Array, Message>;
type ServerStream = ServerWritableStream<Uint8Array, Message>;
type Bidi = ServerDuplexStream<Uint8Array, Message>;

/** How a stream is ended while the server closes. */
interface OpenStream {
  /** Ends it as soon as its requests so far are answered. */
  close(): void;
  /** Ends it now. */
  cut(): void;
}

/** A gRPC server: services as functions over bytes, on grpc-js. */
export class GrpcServer implements ServiceAdder {
  readonly #server: Server;
  readonly #streams = new Set<OpenStream>();
  readonly #calls = new RunningCount();
  /** Where the server does not listen itself. */
  #listener?: Http2Listener;
  #closing = false;

  /** @param maxSize The largest request, in bytes, also after it is decompressed. */
  constructor(maxSize: number, private readonly log: Logger) {
    this.#server = new Server({
      "grpc.max_receive_message_length": Number.isFinite(maxSize) ? maxSize : -1,
      "grpc.max_send_message_length": -1,
      interceptors: [refuseBrokenCompression],
    });
  }

  unary(
    path: string,
    handler: (request: Uint8Array, call: GrpcCall) => Promise<Uint8Array> | Uint8Array,
  ): void {
    const run = async (raw: Unary, callback: sendUnaryData<Message>) => {
      const call = new GrpcCall(raw);
      this.#calls.begin();
      try {
        const answer = await tracedCall(path, call, raw, async () => await handler(raw.request, call));
        callback(null, await call.message(answer), call.trailers);
      } catch (error) {
        callback({ ...this.#statusOf(error), metadata: call.trailers });
      } finally {
        call.release();
        this.#calls.end();
      }
    };
    this.#server.register(path, run, serialize, deserialize, "unary");
  }

  /** @param finishes Whether a stream that is under way when the server closes may come to its own end. */
  serverStream(
    path: string,
    handler: (request: Uint8Array, call: GrpcCall) => AsyncIterable<Uint8Array>,
    finishes = false,
  ): void {
    const run = (raw: ServerStream) => {
      const call = new GrpcCall(raw);
      const close = () => finishes || this.#cut(raw, call);
      this.#send(raw, call, () => handler(raw.request, call), close);
    };
    this.#server.register(path, run, serialize, deserialize, "serverStream");
  }

  bidi(
    path: string,
    handler: (requests: AsyncIterable<Uint8Array>, call: GrpcCall) => AsyncIterable<Uint8Array>,
  ): void {
    const run = (raw: Bidi) => {
      const call = new GrpcCall(raw);
      const requests = new Requests(raw, call);
      this.#send(
        raw,
        call,
        () => handler(requests, call),
        () => requests.close(),
        () => requests.wasCutShort,
      );
    };
    this.#server.register(path, run, serialize, deserialize, "bidi");
  }

  /** Opens the port; returns it. Rejects when it cannot. */
  async listen(host: string, port: number): Promise<number> {
    const credentials = ServerCredentials.createInsecure();
    if (runtime.acceptHttp2 !== undefined) {
      const injector = this.#server.createConnectionInjector(credentials);
      this.#listener = await runtime.acceptHttp2(
        { hostname: host, port },
        (connection) =>
          injector.injectConnection(connection as Parameters<typeof injector.injectConnection>[0]),
      );
      return this.#listener.port;
    }
    const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    return await silently(() =>
      new Promise((resolve, reject) =>
        this.#server.bindAsync(
          address,
          credentials,
          (error, bound) => error === null ? resolve(bound) : reject(error),
        )
      )
    );
  }

  /**
   * Closes the port and the connections without calls. Calls under way have some time; streams without an end of their
   * own end with `UNAVAILABLE`.
   */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    this.#listener?.stop();
    const shutdown = new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()));
    for (const stream of this.#streams) stream.close();
    const closed = Promise.all([shutdown, this.#calls.idle().then(() => this.#listener?.close())]);
    if (!await isTimedOut(graceMs, closed)) return;
    for (const stream of this.#streams) stream.cut();
    this.#server.forceShutdown();
    this.#listener?.destroy();
  }

  /** Sends the answers of a stream as fast as its client takes them, then the status. */
  async #send(
    raw: ServerStream | Bidi,
    call: GrpcCall,
    handler: () => AsyncIterable<Uint8Array>,
    close: () => void,
    wasCutShort: () => boolean = () => false,
  ): Promise<void> {
    const stream: OpenStream = { close, cut: () => this.#cut(raw, call) };
    this.#streams.add(stream);
    this.#calls.begin();
    if (this.#closing) close();
    try {
      await tracedCall(raw.getPath(), call, raw, async () => {
        for await (const bytes of handler()) {
          if (raw.cancelled || raw.destroyed) break;
          await write(raw, await call.message(bytes));
        }
      });
      if (wasCutShort()) throw closing();
      raw.end(call.trailers);
    } catch (error) {
      this.#fail(raw, call, error);
    } finally {
      this.#streams.delete(stream);
      call.release();
      this.#calls.end();
    }
  }

  #cut(raw: ServerStream | Bidi, call: GrpcCall): void {
    call.cancel(closing());
    this.#fail(raw, call, closing());
  }

  #fail(raw: ServerStream | Bidi, call: GrpcCall, error: unknown): void {
    if (raw.cancelled || raw.destroyed || raw.writableEnded) return;
    raw.emit("error", { ...this.#statusOf(error), metadata: call.trailers });
  }

  #statusOf(error: unknown): { code: number; details: string } {
    if (!(error instanceof GrpcError)) this.log.error(String((error as Error).stack ?? error));
    return statusOf(error);
  }
}

/**
 * Binds a port without a line of grpc-js on standard error, such as that the port is in use: that is in the error, too.
 * Afterwards grpc-js, which a program may use itself, logs errors again, as it does by default.
 */
async function silently<T>(bind: () => Promise<T>): Promise<T> {
  if ((runtime.env("GRPC_NODE_VERBOSITY") ?? runtime.env("GRPC_VERBOSITY")) !== undefined) {
    return await bind();
  }
  setLogVerbosity(logVerbosity.NONE);
  try {
    return await bind();
  } finally {
    setLogVerbosity(logVerbosity.ERROR);
  }
}

/** Answers `INVALID_ARGUMENT` to a message that cannot be decompressed, for which grpc-js itself has `INTERNAL`. */
const refuseBrokenCompression: ServerInterceptor = (_method, call) => {
  // grpc-js sends this status past the listeners that an interceptor may have.
  const sendStatus = call.sendStatus.bind(call);
  call.sendStatus = (status) =>
    sendStatus(status.details === BROKEN_COMPRESSION ? { ...status, code: Code.INVALID_ARGUMENT } : status);
  return call as ServerInterceptingCall;
};

/** What grpc-js says of such a message. */
const BROKEN_COMPRESSION = "Failed to decompress message";

function closing(): GrpcError {
  return new GrpcError(Code.UNAVAILABLE, "the Flow is closing");
}

/** Writes a message; resolves when the next one may follow, or none may. */
function write(raw: ServerStream | Bidi, message: Message): Promise<void> {
  return new Promise((resolve) => {
    raw.once("close", resolve);
    raw.write(message, () => {
      raw.off("close", resolve);
      resolve();
    });
  });
}

/** The requests of a stream. The next one is read only once the one before was taken. */
class Requests implements AsyncIterable<Uint8Array> {
  /** Whether the server has ended them before the client did. */
  wasCutShort = false;
  readonly #queue = new AsyncQueue<Uint8Array>();

  constructor(private readonly raw: Bidi, call: GrpcCall) {
    raw.on("data", (request: Uint8Array) => {
      raw.pause();
      this.#queue.push(request);
    });
    raw.once("end", () => this.#queue.end());
    raw.once("close", () => this.#queue.end());
    call.onCancel(() => this.#queue.end());
  }

  /** Ends them with those that have come in so far. */
  close(): void {
    if (this.raw.readableEnded) return;
    this.wasCutShort = true;
    this.raw.pause();
    for (let request = this.raw.read(); request !== null; request = this.raw.read()) {
      this.#queue.push(request);
    }
    this.#queue.end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    for (;;) {
      if (this.#queue.size === 0 && !this.wasCutShort) this.raw.resume();
      const request = await this.#queue.take();
      if (request === undefined || this.raw.cancelled) return;
      yield request;
    }
  }
}
