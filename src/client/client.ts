import { Document, type DocumentInit } from "../document/document.ts";
import { DocumentArray } from "../document/document_array.ts";
import { BadClientError, BadServerError, ConnectionError, preview } from "../errors/mod.ts";

/** Where a Flow is. */
export interface ClientOptions {
  /** The Flow's port. @default 12345 */
  port?: number;
  /** The Flow's host. @default "127.0.0.1" */
  host?: string;
}

/** What can be said with a request. */
export interface PostOptions {
  /** Values for the handlers. */
  parameters?: Record<string, unknown>;
  /** A pattern for the names of the Executors that shall handle it; matched at the start of the name. @default all */
  targetExecutor?: string;
  /** How many documents travel in one request. @default 100 */
  requestSize?: number;
  /** Gives the request up. */
  signal?: AbortSignal;
}

/** What can be sent: one document, or any (async) iterable of documents or their fields. */
export type Inputs =
  | Document
  | DocumentInit
  | Iterable<Document | DocumentInit>
  | AsyncIterable<Document | DocumentInit>;

/** What of an answer the client reads. */
interface Answer {
  data?: unknown;
  detail?: unknown;
  header?: {
    requestId?: string;
    status?: { description?: string; exception?: { executor?: string } } | null;
  };
}

/**
 * Talks to a Flow over HTTP.
 *
 * @example
 * ```ts
 * import { Client, DocumentArray, Flow, type DocumentArray as Docs, Executor } from "@hotflow/hotflow";
 *
 * const client = new Client({ port: 12345 });
 * if (await client.isFlowReady()) {
 *   const docs = await client.post("/", DocumentArray.empty(1));
 *   console.log(docs[0].text);
 * }
 * ```
 */
export class Client {
  readonly #url: string;

  /**
   * Connects to nothing yet.
   *
   * @param options Where the Flow is.
   */
  constructor({ port = 12345, host = "127.0.0.1" }: ClientOptions = {}) {
    this.#url = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  }

  /**
   * Sends documents and collects what comes back. Many documents travel in several requests, one after the other.
   *
   * @param on The endpoint, such as `/search`.
   * @param inputs The documents; none when left out.
   * @param options Parameters, and how to send.
   * @returns The documents of all answers, in order.
   * @throws {BadClientError} When the Flow refuses the request (4xx).
   * @throws {BadServerError} When an Executor throws (500), a deployment is down (503), or a deadline passes (504).
   * @throws {ConnectionError} When no Flow can be reached.
   */
  async post(on: string, inputs: Inputs = [], options: PostOptions = {}): Promise<DocumentArray> {
    const { requestSize = 100 } = options;
    if (!Number.isInteger(requestSize) || requestSize < 1) {
      throw new RangeError(
        `Cannot send ${requestSize} documents a request: a whole number from 1 up is wanted`,
      );
    }
    const answers = new DocumentArray();
    let sent = 0;
    for await (const docs of chunks(inputs, requestSize)) {
      for (const doc of await this.#send(on, docs, options)) answers.push(doc);
      sent++;
    }
    return sent > 0 ? answers : await this.#send(on, new DocumentArray(), options);
  }

  /**
   * Whether every deployment of the Flow can answer.
   *
   * @returns `false` too when nothing listens at the address.
   */
  async isFlowReady(): Promise<boolean> {
    try {
      const response = await fetch(`${this.#url}/dry_run`);
      return response.ok && (await response.json()).code === 0;
    } catch {
      return false;
    }
  }

  async #send(on: string, docs: DocumentArray, options: PostOptions): Promise<DocumentArray> {
    const { parameters = {}, targetExecutor = "", signal } = options;
    const body = JSON.stringify({ data: docs, execEndpoint: on, targetExecutor, parameters });
    const headers = { "content-type": "application/json" };
    let response: Response, text: string;
    try {
      response = await fetch(`${this.#url}/post`, {
        method: "POST",
        headers,
        body,
        ...(signal && { signal }),
      });
      text = await response.text();
    } catch (cause) {
      if (signal?.aborted) throw cause;
      throw new ConnectionError(
        `Cannot reach a Flow at ${this.#url}: ${(cause as Error).message}; is it running?`,
        { cause },
      );
    }
    const answer = parse(text);
    if (response.ok && answer !== undefined) return DocumentArray.fromJSON(answer.data ?? []);
    throw failure(response.status, answer, text);
  }
}

function parse(text: string): Answer | undefined {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return undefined;
  }
}

function failure(status: number, answer: Answer | undefined, text: string): Error {
  const { requestId, status: said } = answer?.header ?? {};
  const message = said?.description ??
    (answer?.detail === undefined ? preview(text) : describe(answer.detail));
  const executor = said?.exception?.executor;
  const details = { status, ...(requestId !== undefined && { requestId }), ...(executor && { executor }) };
  return status >= 400 && status < 500
    ? new BadClientError(message, details)
    : new BadServerError(message, details);
}

function describe(detail: unknown): string {
  if (!Array.isArray(detail)) return String(detail);
  return detail.map((issue) => `${issue?.loc?.join(".")}: ${issue?.msg}`).join("; ");
}

async function* chunks(inputs: Inputs, size: number): AsyncGenerator<DocumentArray> {
  const single = typeof inputs === "object" && !(Symbol.iterator in inputs) &&
    !(Symbol.asyncIterator in inputs);
  let docs = new DocumentArray();
  for await (const item of single ? [inputs] : inputs as Iterable<Document | DocumentInit>) {
    docs.push(item instanceof Document ? item : new Document(item));
    if (docs.length < size) continue;
    yield docs;
    docs = new DocumentArray();
  }
  if (docs.length > 0) yield docs;
}
