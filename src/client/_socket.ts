import { onAbort } from "../async/abort.ts";
import { BadServerError } from "../errors/mod.ts";
import { readRequest } from "../protobuf/messages.ts";
import { responseError } from "./_protobuf.ts";
import { unreachable } from "./_request.ts";

/** The subprotocol whose messages are protobuf. */
const SUBPROTOCOL = "bytes";
/** The last message of a client. */
const END = Uint8Array.of(0);
/** The HTTP status of the close codes that are an answer; with any other code, the connection failed. */
const HTTP_STATUS: Readonly<Record<number, number>> = {
  1003: 422,
  1007: 422,
  1008: 403,
  1009: 413,
  1011: 503,
};

type Waiting = PromiseWithResolvers<Uint8Array>;

/** A WebSocket with requests in flight, whose answers are told apart by the ids of the requests. */
export class Socket {
  readonly #socket: WebSocket;
  readonly #opened = Promise.withResolvers<void>();
  readonly #waiting = new Map<string, Waiting>();
  /** Whether a request was aborted whose answer has not come. */
  #abandoned = false;
  #ended = false;

  /**
   * Opens a WebSocket.
   *
   * @param path The path. On that of the dry run, the answer has no id.
   */
  constructor(private readonly address: string, headers: Headers, private readonly path: string = "/") {
    this.#socket = new WebSocket(`${address}${path}`, optionsOf(headers));
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onopen = () => this.#opened.resolve();
    this.#socket.onmessage = ({ data }) => this.#receive(data);
    this.#socket.onclose = ({ code, reason }) => this.#fail(code, reason);
    // Node 22 sends no event "close" when it cannot connect.
    this.#socket.onerror = (event) => this.#fail(1006, (event as ErrorEvent).message);
  }

  /** Whether it takes requests. */
  get isOpen(): boolean {
    return !this.#ended;
  }

  /**
   * Sends a request; resolves to the answer.
   *
   * @throws {ConnectionError} When the connection fails before the answer.
   * @throws {ResponseError} When the server closes the connection with a code that says what is wrong.
   */
  async request(id: string, message: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const waiting = Promise.withResolvers<Uint8Array>();
    this.#waiting.set(id, waiting);
    const removeListener = onAbort(signal, (reason) => {
      this.#abandoned = true;
      waiting.reject(reason);
    });
    try {
      await Promise.race([this.#opened.promise, waiting.promise]);
      this.#socket.send(message as Uint8Array<ArrayBuffer>);
      return await waiting.promise;
    } finally {
      removeListener();
      this.#waiting.delete(id);
    }
  }

  /** Ends the connection. The server aborts the requests that were aborted here. */
  end(): void {
    const isIdle = !this.#abandoned && this.#waiting.size === 0;
    if (isIdle && this.#socket.readyState === WebSocket.OPEN && this.path === "/") this.#socket.send(END);
    this.#ended = true;
    this.#socket.close(1000);
  }

  #receive(data: unknown): void {
    try {
      if (!(data instanceof ArrayBuffer)) throw new Error("expected bytes, not text");
      const bytes = new Uint8Array(data);
      this.#waiting.get(this.path === "/" ? readRequest(bytes).requestId : "")?.resolve(bytes);
    } catch (cause) {
      const message = `Cannot read an answer from ${this.address}: ${(cause as Error).message}`;
      this.#rejectAll((requestId) => new BadServerError(message, { status: 200, requestId }));
    }
  }

  #fail(code: number, reason: string): void {
    this.#ended = true;
    const status = HTTP_STATUS[code];
    const text = reason || `the connection was closed with code ${code}`;
    this.#rejectAll((requestId) =>
      status === undefined
        ? unreachable(this.address, text, requestId)
        : responseError(text, { status, requestId })
    );
  }

  #rejectAll(toError: (requestId: string) => Error): void {
    for (const [requestId, { reject }] of this.#waiting) reject(toError(requestId));
  }
}

/**
 * The subprotocol and the headers. Node refuses servers that do not confirm a subprotocol, as Jina's do not, unless it
 * is sent as a header.
 */
function optionsOf(headers: Headers): WebSocketOptions {
  const own = Object.fromEntries(headers);
  return navigator.userAgent.startsWith("Node.js/")
    ? { headers: { ...own, "sec-websocket-protocol": SUBPROTOCOL } }
    : { headers: own, protocols: [SUBPROTOCOL] };
}
