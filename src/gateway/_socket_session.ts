import { after } from "../async/deadline.ts";
import type { ServerSocket, SocketListener } from "../runtime/mod.ts";
import type { Backend } from "./backend.ts";
import { clientGone, type PendingRequest, type RequestTimeouts } from "./request_timeouts.ts";
import type { Closing, Message, Reply, Subprotocol } from "./_subprotocols.ts";

/** How many requests of a WebSocket run at the same time; an answer counts until its client has taken it. */
const MAX_RUNNING = 64;
/** The size of such requests and answers together from which on no more requests start. */
const MAX_RUNNING_SIZE = 64 * 1024 * 1024;
/** How many of the largest messages may wait where a runtime cannot stop reading. */
const MAX_WAITING = 16;
/**
 * How long a WebSocket stays open after a failure, in milliseconds: Jina's clients lose the error of an answer if the end
 * reaches them before they have handled it.
 */
const FAILURE_MS = 100;
/** The memory of a message besides its content, in bytes. */
const OVERHEAD = 256;
/** The length of the reason in a close frame, in bytes. */
const MAX_REASON = 123;

/** What the sessions of a gateway share. */
export interface SessionContext {
  readonly backend: Backend;
  readonly timeouts: RequestTimeouts;
  /** The largest message, in bytes. */
  readonly maxMessage: number;
  onError(error: Error): void;
  onEnd(session: SocketSession): void;
}

/** The requests of a WebSocket: they run at the same time, and are answered in their order. */
export class SocketSession implements SocketListener {
  readonly #waiting: Message[] = [];
  readonly #running = new Set<PendingRequest>();
  #waitingSize = 0;
  #runningSize = 0;
  /** Resolves when all answers so far are sent. */
  #sent: Promise<void> = Promise.resolve();
  /** How it is closed when all requests are answered; no more are taken. */
  #closing?: Closing;
  #isClosed = false;
  /** When the last answer with a failure was sent. */
  #failedAt = -Infinity;
  #cancelTimer = () => {};

  constructor(
    private readonly socket: ServerSocket,
    private readonly subprotocol: Subprotocol,
    private readonly context: SessionContext,
  ) {}

  onMessage(message: Message): void {
    if (this.#closing !== undefined) return;
    const { maxMessage } = this.context;
    if (isLarger(message, maxMessage)) {
      this.#end({ code: 1009, reason: `Message Too Big: it may have ${maxMessage} bytes` });
    } else if (this.subprotocol.isEnd(message)) {
      this.#end({ code: 1000, reason: "" });
    } else {
      this.#waiting.push(message);
      this.#waitingSize += costOf(message);
      this.#next();
      if (this.#waitingSize <= maxMessage * MAX_WAITING) return;
      this.#closeNow({ code: 1008, reason: "too many requests are not answered yet" });
    }
  }

  onClose(): void {
    this.#drop();
    this.context.onEnd(this);
  }

  /** Takes no more requests, and closes when those that came are answered. */
  goAway(): void {
    this.#end({ code: 1001, reason: "the server is closing" });
  }

  #end(closing: Closing): void {
    this.#closing ??= closing;
    this.#next();
  }

  /** Starts requests that wait, as many as may run. */
  #next(): void {
    if (this.#isClosed) return;
    while (this.#waiting.length > 0 && this.#mayStart) {
      const message = this.#waiting.shift() as Message;
      this.#waitingSize -= costOf(message);
      this.#start(message);
    }
    this.socket.pause(this.#waiting.length > 0);
    if (this.#closing === undefined || this.#running.size > 0) return;
    const rest = this.#failedAt + FAILURE_MS - performance.now();
    this.#cancelTimer();
    if (rest > 0) this.#cancelTimer = after(rest, () => this.#next());
    else this.#closeNow(this.#closing);
  }

  get #mayStart(): boolean {
    return this.#running.size < MAX_RUNNING && this.#runningSize < MAX_RUNNING_SIZE;
  }

  #start(message: Message): void {
    const { backend, timeouts } = this.context;
    const request = timeouts.begin();
    let size = 0;
    const grow = (bytes: number) => {
      size += bytes;
      this.#runningSize += bytes;
    };
    this.#running.add(request);
    grow(costOf(message));
    const reply = this.subprotocol.answer(message, backend, request)
      .catch((error) => this.#failed(error))
      .finally(() => timeouts.end(request));
    // The answer may have to wait for those before it, and for the client.
    reply.then(({ message }) => grow(message?.length ?? 0));
    this.#sent = this.#sent.then(async () => {
      await this.#send(await reply);
      this.#running.delete(request);
      this.#runningSize -= size;
      this.#next();
    });
  }

  async #send({ message, isFailure, closing }: Reply): Promise<void> {
    if (this.#isClosed) return;
    if (message !== undefined) await this.socket.send(message);
    if (isFailure) this.#failedAt = performance.now();
    if (closing !== undefined) this.#closeNow(closing);
  }

  #failed(error: Error): Reply {
    this.context.onError(error);
    return { closing: { code: 1011, reason: `the gateway failed: ${error.message}` } };
  }

  #closeNow({ code, reason }: Closing): void {
    if (this.#isClosed) return;
    this.#drop();
    // It has to read the client's answer.
    this.socket.pause(false);
    this.socket.close(code, fitting(reason));
  }

  /** Gives up all requests: no answer can be sent. */
  #drop(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelTimer();
    this.#closing ??= { code: 1000, reason: "" };
    this.#waiting.length = 0;
    for (const request of this.#running) request.cancel(clientGone());
  }
}

/** What a message that waits or runs is counted as. */
function costOf(message: Message): number {
  return message.length + OVERHEAD;
}

/** Whether a message has more bytes; a text has one to three for each code unit. */
function isLarger(message: Message, maxBytes: number): boolean {
  if (typeof message !== "string" || message.length > maxBytes) return message.length > maxBytes;
  return message.length * 3 > maxBytes && new TextEncoder().encode(message).length > maxBytes;
}

/** The beginning of a reason that fits in a close frame. */
function fitting(reason: string): string {
  const { read } = new TextEncoder().encodeInto(reason, new Uint8Array(MAX_REASON));
  return reason.slice(0, read);
}
