import type { Document } from "../document/document.ts";
import { addExtra, encodeLossless } from "../document/encode.ts";
import { BadServerError } from "../errors/mod.ts";
import { fetchPropagates } from "../runtime/channels.ts";
import { isRegistered, outgoingHeaders } from "../trace/tracing.ts";
import { documentsOf, readAnswer, type Reply } from "./_answer.ts";
import { readEvents } from "./_events.ts";
import { unfinished, unreachable } from "./_request.ts";
import type { ClientRequest, EncodedRequest, SendOptions, Transport } from "./_transport.ts";
import type { Answer, StreamEnd } from "./options.ts";

type Outgoing = EncodedRequest<string>;

/** Jina's JSON over `fetch`. */
export class HttpTransport implements Transport<string> {
  /** Creates a transport. It connects with the first request. */
  constructor(
    readonly address: string,
    private readonly headers: Headers,
    private readonly request: (request: Request) => Promise<Response> = fetch,
  ) {}

  encode({ requestId, docs, first, endpoint, targetExecutor, parameters }: ClientRequest): string {
    const data = encodeLossless(docs, first);
    for (const [index, { extra }] of docs.entries()) addExtra(data[index], extra, first + index);
    return JSON.stringify({
      header: { requestId },
      data,
      execEndpoint: endpoint,
      targetExecutor,
      parameters,
    });
  }

  async send(request: Outgoing, { signal }: SendOptions): Promise<Answer> {
    const response = await this.#post(request, "application/json", signal);
    return readAnswer(await this.#read(response, request.requestId), request.requestId);
  }

  async *stream(request: Outgoing, { signal }: SendOptions): AsyncGenerator<Document, StreamEnd, undefined> {
    const { requestId } = request;
    const response = await this.#post(request, "text/event-stream", signal);
    const { status, body } = response;
    const broken = (cause: unknown): never => {
      throw unfinished(this.address, cause, requestId, status);
    };
    if (body === null || !response.headers.get("content-type")?.startsWith("text/event-stream")) {
      // An error, or the answer of a server that does not stream.
      const { docs, ...rest } = readAnswer(await this.#read(response, requestId), requestId);
      yield* docs;
      return rest;
    }
    const events = readEvents(body.pipeThrough(new TextDecoderStream()));
    for (;;) {
      const { done, value } = await events.next().catch(broken);
      if (done) return broken(new Error("the stream ended early"));
      const { name, data } = value;
      if (name === "update") yield documentOf(data, status, requestId);
      else if (name === "end" || name === "error") {
        const reply = { status: name === "end" ? status : statusIn(data), text: data };
        const { docs: _, ...rest } = readAnswer(reply, requestId);
        return rest;
      }
    }
  }

  async isReady({ signal }: SendOptions): Promise<boolean> {
    const response = await this.request(
      new Request(`${this.address}/dry_run`, { headers: this.headers, signal }),
    );
    const text = await response.text();
    return response.status === 200 && JSON.parse(text)?.code === 0;
  }

  /** Resolves when the answer starts. */
  async #post({ body, requestId }: Outgoing, accept: string, signal: AbortSignal): Promise<Response> {
    const headers = new Headers(this.headers);
    headers.set("content-type", "application/json");
    headers.set("accept", accept);
    if (isRegistered() && !fetchPropagates()) {
      for (const [name, value] of Object.entries(await outgoingHeaders())) headers.set(name, value);
    }
    try {
      return await this.request(
        new Request(`${this.address}/post`, { method: "POST", headers, body, signal }),
      );
    } catch (cause) {
      throw unreachable(this.address, cause, requestId);
    }
  }

  async #read(response: Response, requestId: string): Promise<Reply> {
    const { status } = response;
    try {
      return { status, text: await response.text() };
    } catch (cause) {
      throw unfinished(this.address, cause, requestId, status);
    }
  }
}

function documentOf(json: string, status: number, requestId: string): Document {
  try {
    return documentsOf([JSON.parse(json)])[0];
  } catch (cause) {
    const message = `Cannot read a document of the answer: ${(cause as Error).message}`;
    throw new BadServerError(message, { status, requestId });
  }
}

/** The status of an error that occurred after the answer had started. */
function statusIn(json: string): number {
  const stated = /^\{"status":([45]\d\d)\b/.exec(json)?.[1];
  return stated === undefined ? 500 : Number(stated);
}
