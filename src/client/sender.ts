/** Requests by any transport, and their answers. @module */
import type { Document } from "../document/document.ts";
import { DocumentArray, toDocumentArray } from "../document/document_array.ts";
import { newId } from "../document/ids.ts";
import { ConnectionError, ResponseError } from "../errors/mod.ts";
import { Chunks } from "./_chunks.ts";
import { sendConcurrently } from "./_concurrency.ts";
import { HttpTransport } from "./_http_transport.ts";
import { isReady, send, stream } from "./_request.ts";
import type { ClientRequest, Transport } from "./_transport.ts";
import {
  type Answer,
  type Inputs,
  type PostOptions,
  type PostSettings,
  postSettings,
  type RequestOptions,
  requestSettings,
  type SentRequest,
  type StreamEnd,
  type StreamOptions,
  streamSettings,
} from "./options.ts";

/** Sends requests by a transport; its methods are those of a `Client`. */
export class Sender {
  /** @param transport Gives the transport, which may have to be loaded. */
  constructor(private readonly transport: () => Transport | Promise<Transport>) {}

  /** A sender that passes its requests to a function, without a connection. */
  static toFunction(answer: (request: Request) => Promise<Response>): Sender {
    const transport = new HttpTransport("http://localhost", new Headers(), answer);
    return new Sender(() => transport);
  }

  async post(on: string, inputs: Inputs, options: PostOptions): Promise<DocumentArray> {
    const settings = postSettings(options);
    const answered: DocumentArray[] = [];
    const chunks = new Chunks(inputs, settings.requestSize);
    const transport = await this.transport();
    const release = transport.retain?.();
    try {
      await sendConcurrently(
        chunks,
        settings.concurrency,
        settings.signal,
        async ({ index, docs }, signal) => {
          const sent: SentRequest = { index, requestId: newId(), docs };
          const answer = await settle(transport, on, sent, { ...settings, signal });
          if (answer !== undefined) answered[index] = answer.docs;
        },
      );
    } finally {
      release?.();
    }
    return toDocumentArray(answered.flat());
  }

  stream(
    on: string,
    inputs: Inputs,
    options: StreamOptions,
  ): AsyncGenerator<Document, StreamEnd, undefined> {
    return this.#stream(on, inputs, streamSettings(options));
  }

  async isReady(options: RequestOptions): Promise<boolean> {
    const settings = requestSettings(options);
    try {
      return await isReady(await this.transport(), settings);
    } catch {
      settings.signal?.throwIfAborted();
      return false;
    }
  }

  async *#stream(
    on: string,
    inputs: Inputs,
    settings: ReturnType<typeof streamSettings>,
  ): AsyncGenerator<Document, StreamEnd, undefined> {
    let docs = new DocumentArray();
    await sendConcurrently(new Chunks(inputs, Infinity), 1, settings.signal, (chunk) => {
      docs = chunk.docs;
      return Promise.resolve();
    });
    const transport = await this.transport();
    const request = requestOf(on, { requestId: newId(), docs }, settings);
    const body = transport.encode(request, true);
    const release = transport.retain?.();
    try {
      return yield* stream(transport, { requestId: request.requestId, body }, settings);
    } finally {
      release?.();
    }
  }
}

/** Sends one request and calls its callbacks; resolves to `undefined` when it failed and `onError` is set. */
async function settle(
  transport: Transport,
  on: string,
  sent: SentRequest,
  settings: PostSettings,
): Promise<Answer | undefined> {
  const { onDone, onError, onAlways, signal, requestSize } = settings;
  const { requestId } = sent;
  const body = transport.encode(requestOf(on, sent, settings, sent.index * requestSize), false);
  const outcome = await send(transport, { requestId, body }, settings).catch((error) => {
    if (error instanceof ResponseError || error instanceof ConnectionError) return error;
    throw error;
  });
  // The callbacks are not called for requests that were aborted because another one failed.
  signal?.throwIfAborted();
  const failed = outcome instanceof Error;
  await (failed ? onError?.(outcome, sent) : onDone?.(outcome, sent));
  await onAlways?.(sent);
  if (!failed) return outcome;
  if (onError === undefined) throw outcome;
}

function requestOf(
  endpoint: string,
  { requestId, docs }: Pick<SentRequest, "requestId" | "docs">,
  { parameters = {}, targetExecutor = "" }: StreamOptions,
  first = 0,
): ClientRequest {
  return { requestId, endpoint, docs, first, parameters, targetExecutor };
}
