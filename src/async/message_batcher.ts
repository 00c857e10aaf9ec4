/** The size from which a batch is sent at once: the receiver can work on it while the sender goes on. */
const FLUSH_SIZE = 65_536;

/**
 * Sends all messages of one turn of the event loop as one array, since a `postMessage` costs as much as ten requests'
 * share of it. Used on both sides of a worker.
 */
export class MessageBatcher<Message> {
  #waiting: Message[] = [];
  #size = 0;

  /** @param post Sends an array of messages. */
  constructor(private readonly post: (messages: Message[]) => void) {}

  /**
   * Sends a message with the others of this turn.
   *
   * @param message The message.
   * @param size Its approximate number of characters, when there may be many.
   */
  send(message: Message, size = 0): void {
    if (this.#waiting.push(message) === 1) setImmediate(this.flush);
    this.#size += size;
    if (this.#size >= FLUSH_SIZE) this.flush();
  }

  /** Sends the waiting messages now. */
  readonly flush = (): void => {
    if (this.#waiting.length === 0) return;
    const messages = this.#waiting;
    this.#waiting = [];
    this.#size = 0;
    this.post(messages);
  };
}
