import type { Document } from "../document/document.ts";
import { readStatus } from "../protobuf/messages.ts";
import type { Connection } from "./_connection.ts";
import { encodeRequest, readAnswer } from "./_protobuf.ts";
import { Socket } from "./_socket.ts";
import type { ClientRequest, EncodedRequest, SendOptions, Transport } from "./_transport.ts";
import type { Answer, StreamEnd } from "./options.ts";

type Outgoing = EncodedRequest<Uint8Array>;

/** Jina's protobuf messages over one WebSocket, which is open while calls of the client are in progress. */
export class WebSocketTransport implements Transport<Uint8Array> {
  readonly address: string;
  readonly #headers: Headers;
  #socket: Socket | undefined;
  #calls = 0;

  /** Creates a transport. It connects with the first request. */
  constructor({ address, headers }: Connection) {
    this.address = address;
    this.#headers = headers;
  }

  retain(): () => void {
    this.#calls++;
    return () => {
      if (--this.#calls > 0) return;
      this.#socket?.end();
      this.#socket = undefined;
    };
  }

  encode(request: ClientRequest): Uint8Array {
    return encodeRequest(request);
  }

  async send({ requestId, body }: Outgoing, { signal }: SendOptions): Promise<Answer> {
    if (this.#socket?.isOpen !== true) this.#socket = new Socket(this.address, this.#headers);
    return readAnswer(await this.#socket.request(requestId, body, signal), requestId);
  }

  async *stream(request: Outgoing, options: SendOptions): AsyncGenerator<Document, StreamEnd, undefined> {
    const { docs, ...rest } = await this.send(request, options);
    yield* docs;
    return rest;
  }

  async isReady({ signal }: SendOptions): Promise<boolean> {
    const socket = new Socket(this.address, this.#headers, "/dry_run");
    try {
      return readStatus(await socket.request("", new Uint8Array(), signal)).code === 0;
    } finally {
      socket.end();
    }
  }
}
