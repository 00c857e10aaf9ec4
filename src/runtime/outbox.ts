/**
 * Sends all that is put in during one turn of the event loop as one message: a `postMessage` costs as much as ten
 * requests' share of it. Used on both sides of a worker.
 */
export class Outbox<Message> {
  #waiting: Message[] = [];

  /** @param post Sends an array of messages. */
  constructor(private readonly post: (messages: Message[]) => void) {}

  /** Sends with the others of this turn. */
  put(message: Message): void {
    if (this.#waiting.push(message) === 1) setImmediate(this.flush);
  }

  /** Sends what waits now. */
  readonly flush = (): void => {
    if (this.#waiting.length === 0) return;
    const messages = this.#waiting;
    this.#waiting = [];
    this.post(messages);
  };
}
