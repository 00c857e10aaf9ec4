/** The size in characters at which a batch is sent immediately, so that the receiver can already work on it. */
const FLUSH_SIZE = 65_536;

/**
 * Collects the messages of one turn of the event loop, and sends them as one array: a `postMessage` costs as much as
 * handling ten messages. Both sides of a worker use it.
 */
export class MessageBatcher<Message> {
  #waiting: Message[] = [];
  #size = 0;

  /** @param post Sends a batch. */
  constructor(private readonly post: (messages: Message[]) => void) {}

  /**
   * Sends a message with the others of this turn.
   *
   * @param size The approximate number of characters of a message that may be large.
   */
  send(message: Message, size = 0): void {
    if (this.#waiting.push(message) === 1) setImmediate(this.flush);
    this.#size += size;
    if (this.#size >= FLUSH_SIZE) this.flush();
  }

  /** Sends the batch now. */
  readonly flush = (): void => {
    if (this.#waiting.length === 0) return;
    const messages = this.#waiting;
    this.#waiting = [];
    this.#size = 0;
    this.post(messages);
  };
}
