/** From how much on what waits is sent at once: the other side can work on it while this one goes on. */
const FLUSH_SIZE = 65_536;

/**
 * Sends all that is put in during one turn of the event loop as one message: a `postMessage` costs as much as ten
 * requests' share of it. Used on both sides of a worker.
 */
export class MessageBatcher<Message> {
  #waiting: Message[] = [];
  #size = 0;

  /** @param post Sends an array of messages. */
  constructor(private readonly post: (messages: Message[]) => void) {}

  /**
   * Sends with the others of this turn.
   *
   * @param message What to send.
   * @param size About how many characters are in it, when they may be many.
   */
  send(message: Message, size = 0): void {
    if (this.#waiting.push(message) === 1) setImmediate(this.flush);
    this.#size += size;
    if (this.#size >= FLUSH_SIZE) this.flush();
  }

  /** Sends what waits now. */
  readonly flush = (): void => {
    if (this.#waiting.length === 0) return;
    const messages = this.#waiting;
    this.#waiting = [];
    this.#size = 0;
    this.post(messages);
  };
}
