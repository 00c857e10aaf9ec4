import type { Document } from "../document/document.ts";
import { DocumentArray, toDocumentArray } from "../document/document_array.ts";
import { newId } from "../document/ids.ts";
import { atCaller, ConnectionError, ResponseError, showCallers } from "../errors/mod.ts";
import { Chunks } from "./_chunks.ts";
import { sendConcurrently } from "./_concurrency.ts";
import { connectionOf } from "./_connection.ts";
import { isReady, send, stream } from "./_request.ts";
import type { ClientRequest, Transport } from "./_transport.ts";
import { HttpTransport } from "./_http_transport.ts";
import { transportOf } from "./_transports.ts";
import {
  type Answer,
  type ClientOptions,
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

/** Creates a client that passes its requests to a function, without a connection. */
export let localClient: (request: (request: Request) => Promise<Response>) => Client;

/**
 * Sends requests to a Flow, or to a Flow of Jina: over HTTP, gRPC or WebSocket.
 *
 * @example
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { Client, ConnectionError } from "@hotflow/hotflow";
 *
 * // In place of a Flow: a server with the same JSON format.
 * const server = Deno.serve({ port: 0, onListen: () => {} }, async (request) => {
 *   return Response.json({ data: (await request.json()).data });
 * });
 * const client = new Client({ port: server.addr.port });
 *
 * async function* inputs() {
 *   for (let index = 0; index < 1000; index++) yield { text: `document ${index}` };
 * }
 * let answers = 0;
 * const docs = await client.post("/", inputs(), { requestSize: 50, onDone: () => answers++ });
 * assertEquals([docs.length, docs[999].text, answers], [1000, "document 999", 20]);
 *
 * await server.shutdown();
 * await assertRejects(() => client.post("/", { text: "?" }, { retries: 1 }), ConnectionError);
 * ```
 */
export class Client {
  static {
    showCallers(Client.prototype, ["post", "stream", "isFlowReady"]);
    localClient = (request) => {
      const client = new Client();
      const transport = new HttpTransport("http://localhost", new Headers(), request);
      client.#transport = () => transport;
      return client;
    };
  }
  #transport: () => Transport | Promise<Transport>;

  /**
   * Creates a client. It connects with the first request.
   *
   * @param options The address of the Flow, and the protocol.
   * @throws {TypeError} When the address is invalid, or an option does not belong to the protocol.
   */
  constructor(options: ClientOptions = {}) {
    this.#transport = transportOf(atCaller(Client, () => connectionOf(options)));
  }

  /**
   * Sends documents, and collects the documents of the answers. Many documents are split into several requests, of which
   * some are in flight at the same time; the inputs are read no faster than they are sent.
   *
   * @param on The endpoint, such as `/search`.
   * @param inputs The documents. @default none
   * @param options The parameters, the sending options, and callbacks.
   * @returns The documents of all answers, in the order of the inputs.
   * @throws {BadClientError} When the Flow rejects a request (4xx).
   * @throws {BadServerError} When an Executor throws (500), a deployment is down (503), or a deadline passes (504).
   * @throws {ConnectionError} When the Flow cannot be reached, or does not answer in time.
   * @throws {RangeError} When an option is a number out of its range.
   * @throws {TypeError} When an option is invalid, or JSON would lose a part of an input, such as `NaN` or a `Map`. The
   * message contains the path, and the request is not sent.
   * @throws The signal's reason, when it is aborted.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Client } from "@hotflow/hotflow";
   *
   * // In place of a Flow whose Executor fails for one of the requests.
   * const server = Deno.serve({ port: 0, onListen: () => {} }, async (request) => {
   *   const { data } = await request.json();
   *   return data[0].text === "2" ? new Response("no", { status: 500 }) : Response.json({ data });
   * });
   * const failed: string[] = [];
   * const docs = await new Client({ port: server.addr.port }).post(
   *   "/",
   *   [{ text: "1" }, { text: "2" }, { text: "3" }],
   *   {
   *     requestSize: 1,
   *     onError: (error, { docs }) => failed.push(`${docs[0].text}: ${error.status}`),
   *   },
   * );
   * assertEquals([docs.map(({ text }) => text), failed], [["1", "3"], ["2: 500"]]);
   * await server.shutdown();
   * ```
   */
  async post(on: string, inputs: Inputs = [], options: PostOptions = {}): Promise<DocumentArray> {
    const settings = postSettings(options);
    const answered: DocumentArray[] = [];
    const chunks = new Chunks(inputs, settings.requestSize);
    const transport = await this.#transport();
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

  /**
   * Sends documents, and yields each document of the answer when it arrives. A handler that is a generator waits while
   * the loop is busy, and ends when the loop is left. All inputs are sent in one request. The documents come together
   * over WebSocket, and over gRPC when there is not exactly one input.
   *
   * @param on The endpoint, such as `/generate`.
   * @param inputs The documents. @default none
   * @param options The parameters and the sending options.
   * @returns The documents; the generator's return value is the rest of the answer.
   * @throws {RangeError | TypeError} Immediately, when an option is invalid; the loop throws the errors of `post()`, also
   * between documents.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Client } from "@hotflow/hotflow";
   *
   * // In place of a Flow: a server that sends the same events.
   * const update = (text: string) => `event: update\ndata: ${JSON.stringify({ text })}\n\n`;
   * const server = Deno.serve({ port: 0, onListen: () => {} }, () => {
   *   const headers = { "content-type": "text/event-stream" };
   *   return new Response(`${update("one")}${update("two")}event: end\ndata: {}\n\n`, { headers });
   * });
   * const texts: string[] = [];
   * for await (const doc of new Client({ port: server.addr.port }).stream("/generate", { text: "go" })) {
   *   texts.push(doc.text);
   * }
   * assertEquals(texts, ["one", "two"]);
   * await server.shutdown();
   * ```
   */
  stream(
    on: string,
    inputs: Inputs = [],
    options: StreamOptions = {},
  ): AsyncGenerator<Document, StreamEnd, undefined> {
    return this.#stream(on, inputs, streamSettings(options));
  }

  /**
   * Whether all deployments of the Flow can answer. Sends one request, without retries.
   *
   * @param options The timeout and the signal.
   * @returns Also `false` when no server listens at the address, or it does not answer in time.
   * @throws The signal's reason, when it is aborted.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Client } from "@hotflow/hotflow";
   *
   * assertEquals(await new Client({ port: 1 }).isFlowReady({ timeout: 1000 }), false);
   * ```
   */
  async isFlowReady(options: RequestOptions = {}): Promise<boolean> {
    const settings = requestSettings(options);
    try {
      return await isReady(await this.#transport(), settings);
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
    const transport = await this.#transport();
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
