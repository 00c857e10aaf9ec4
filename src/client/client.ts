import type { Document } from "../document/document.ts";
import type { DocumentArray } from "../document/document_array.ts";
import { atCaller, showCallers } from "../errors/mod.ts";
import { connectionOf } from "./_connection.ts";
import { transportOf } from "./_transports.ts";
import type {
  ClientOptions,
  Inputs,
  PostOptions,
  RequestOptions,
  StreamEnd,
  StreamOptions,
} from "./options.ts";
import { Sender } from "./sender.ts";

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
  }
  readonly #sender: Sender;

  /**
   * Creates a client. It connects with the first request.
   *
   * @param options The address of the Flow, and the protocol.
   * @throws {TypeError} When the address is invalid, or an option does not belong to the protocol.
   */
  constructor(options: ClientOptions = {}) {
    this.#sender = new Sender(transportOf(atCaller(Client, () => connectionOf(options))));
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
    return await this.#sender.post(on, inputs, options);
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
    return this.#sender.stream(on, inputs, options);
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
    return await this.#sender.isReady(options);
  }
}
