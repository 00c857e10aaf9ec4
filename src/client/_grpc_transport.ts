import {
  type ChannelCredentials,
  Client,
  connectivityState,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { onAbort } from "../async/abort.ts";
import type { Document } from "../document/document.ts";
import { readStatus } from "../protobuf/messages.ts";
import { nodeBuffer } from "../runtime/node_buffer.ts";
import { isRegistered, outgoingHeaders } from "../trace/tracing.ts";
import type { Connection } from "./_connection.ts";
import { toError } from "./_grpc_errors.ts";
import { messagesOf } from "./_grpc_messages.ts";
import { encodeRequest, encodeSingleRequest, readAnswer, readSingleAnswer } from "./_protobuf.ts";
import type { ClientRequest, EncodedRequest, SendOptions, Transport } from "./_transport.ts";
import type { Answer, StreamEnd, TlsOptions } from "./options.ts";

/** A request as a `DataRequestProto`. */
interface Body {
  readonly whole: Uint8Array;
  /** The same as a `SingleDocumentRequestProto`, whose answer is streamed. */
  readonly single?: Uint8Array;
}

const UNARY = "/jina.JinaSingleDataRequestRPC/process_single_data";
const STREAM = "/jina.JinaSingleDocumentRequestRPC/stream_doc";
const DRY_RUN = "/jina.JinaGatewayDryRunRPC/dry_run";

const CHANNEL_OPTIONS = {
  "grpc.max_receive_message_length": -1,
  "grpc.max_send_message_length": -1,
  // Requests are retried here, in the same way for all protocols.
  "grpc.enable_retries": 0,
  "grpc.use_local_subchannel_pool": 1,
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 200,
  "grpc.client_idle_timeout_ms": 60_000,
};
/** The longest time until the channel tries to connect again, and has done so. */
const MAX_RECONNECT_MS = 300;
/**
 * Whether the channel is closed when no call is in progress: Deno 2.9 may crash (in nghttp2) when a server closes the
 * idle connection of a client in the same process. Other runtimes keep the channel.
 */
const CLOSES = navigator.userAgent.startsWith("Deno/");
/** The client ends a late request; the server ends it at this time after that, if it does not hear from the client. */
const DEADLINE_SLACK_MS = 1_000;

/** Jina's unary gRPC calls, which are cancelled and retried one by one; all of them share a connection. */
export class GrpcTransport implements Transport<Body> {
  readonly address: string;
  readonly #authority: string;
  readonly #credentials: ChannelCredentials;
  readonly #metadata = new Metadata();
  #client: Client | undefined;
  #calls = 0;

  /** Creates a transport. It connects with the first request. */
  constructor({ address, authority, tls, metadata }: Connection) {
    this.address = address;
    this.#authority = authority;
    this.#credentials = tls === undefined ? credentials.createInsecure() : secure(tls);
    for (const [name, value] of Object.entries(metadata)) this.#metadata.set(name, value);
  }

  retain(): () => void {
    this.#calls++;
    return () => {
      if (--this.#calls > 0 || !CLOSES) return;
      this.#client?.close();
      this.#client = undefined;
    };
  }

  encode(request: ClientRequest, streamed: boolean): Body {
    const whole = encodeRequest(request);
    return streamed && request.docs.length === 1
      ? { whole, single: encodeSingleRequest(request) }
      : { whole };
  }

  async send({ requestId, body }: EncodedRequest<Body>, options: SendOptions): Promise<Answer> {
    return readAnswer(await this.#unary(UNARY, body.whole, options, requestId), requestId);
  }

  async *stream(
    request: EncodedRequest<Body>,
    options: SendOptions,
  ): AsyncGenerator<Document, StreamEnd, undefined> {
    const { requestId, body: { single } } = request;
    let end: StreamEnd | undefined;
    try {
      if (single !== undefined) {
        for await (const bytes of this.#streamed(single, options)) {
          const { docs, ...rest } = readSingleAnswer(bytes, requestId);
          end = rest;
          yield* docs;
        }
        return end ?? { parameters: {}, requestId };
      }
    } catch (error) {
      // Jina's gateways of the first generation do not stream.
      if (end !== undefined || (error as ServiceError).code !== status.UNIMPLEMENTED) {
        throw toError(error, this.address, requestId, end !== undefined);
      }
    }
    const { docs, ...rest } = await this.send(request, options);
    yield* docs;
    return rest;
  }

  async isReady(options: SendOptions): Promise<boolean> {
    const release = this.retain();
    try {
      return readStatus(await this.#unary(DRY_RUN, new Uint8Array(), options)).code === 0;
    } finally {
      release();
    }
  }

  async #unary(
    path: string,
    body: Uint8Array,
    { signal, timeout = Infinity }: SendOptions,
    requestId = "",
  ): Promise<Uint8Array> {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const deadline = Date.now() + timeout + DEADLINE_SLACK_MS;
    let started = false;
    const client = await this.#connected();
    const call = client.makeUnaryRequest(
      path,
      nodeBuffer,
      (bytes: Uint8Array) => bytes,
      body,
      isRegistered() ? await this.#traced() : this.#metadata,
      { deadline },
      (error, value) => error ? reject(error) : resolve(value as Uint8Array),
    );
    call.on("metadata", () => started = true);
    const removeListener = onAbort(signal, () => call.cancel());
    try {
      return await promise;
    } catch (error) {
      throw toError(error, this.address, requestId, started);
    } finally {
      removeListener();
    }
  }

  async *#streamed(body: Uint8Array, { signal }: SendOptions): AsyncGenerator<Uint8Array> {
    const client = await this.#connected();
    const call = client.makeServerStreamRequest(
      STREAM,
      nodeBuffer,
      (bytes: Uint8Array) => bytes,
      body,
      isRegistered() ? await this.#traced() : this.#metadata,
    );
    const removeListener = onAbort(signal, () => call.cancel());
    try {
      yield* messagesOf(call);
    } finally {
      removeListener();
      call.cancel();
    }
  }

  /** The metadata of a call that continues the active trace. */
  async #traced(): Promise<Metadata> {
    const metadata = this.#metadata.clone();
    for (const [name, value] of Object.entries(await outgoingHeaders())) metadata.set(name, value);
    return metadata;
  }

  /** The channel. While it cannot connect, calls fail at once: it gets the time of an attempt before. */
  async #connected(): Promise<Client> {
    const client = this.#client ??= new Client(this.#authority, this.#credentials, CHANNEL_OPTIONS);
    if (client.getChannel().getConnectivityState(false) === connectivityState.TRANSIENT_FAILURE) {
      const deadline = Date.now() + MAX_RECONNECT_MS;
      await new Promise<void>((resolve) => client.waitForReady(deadline, () => resolve()));
    }
    return client;
  }
}

function secure({ ca, key, cert }: TlsOptions): ChannelCredentials {
  const [roots, own, chain] = [ca, key, cert].map((pem) =>
    pem === undefined ? null : nodeBuffer(new TextEncoder().encode(pem))
  );
  return credentials.createSsl(roots, own, chain);
}
