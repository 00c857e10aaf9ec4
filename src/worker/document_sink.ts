import { costOf, WINDOW } from "../protocol/stream_queue.ts";
import type { Encoded } from "../protocol/encoded.ts";

/** Takes the documents of an answer one by one. */
export type DocumentSink = CreditSink | BufferSink;

/** Sends documents at once, as long as the receiver has given credit. */
export class CreditSink {
  readonly docs: readonly Encoded[] = [];
  #credit: number;
  #wake?: () => void;

  /**
   * @param window The initial credit.
   * @param emit Sends a document to the receiver.
   */
  constructor(window: number, private readonly emit: (doc: Encoded) => void) {
    this.#credit = window;
  }

  /** Resolves when there is credit for a document. */
  async ready(): Promise<void> {
    while (this.#credit <= 0) await new Promise<void>((resolve) => this.#wake = resolve);
  }

  send(doc: Encoded): void {
    this.#credit -= costOf(doc);
    this.emit(doc);
  }

  addCredit(credit: number): void {
    this.#credit += credit;
    this.#wake?.();
  }
}

/** The most characters or bytes that are kept: an endless generator would use up the memory of the whole process. */
const MAX_BUFFERED = 64 * 1024 * 1024;

/** Keeps documents until all have come. */
export class BufferSink {
  readonly docs: Encoded[] = [];
  #size = 0;

  /** Yields to the event loop now and then, so that an endless generator does not block messages of the host. */
  async ready(): Promise<void> {
    if (this.docs.length % WINDOW === WINDOW - 1) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  send(doc: Encoded): void {
    this.#size += doc.length;
    if (this.#size > MAX_BUFFERED) {
      throw new RangeError(
        "Cannot collect what a generator yields: it came to more than 64 MiB of documents. " +
          'Ask for a stream ("accept: text/event-stream", client.stream()), or let it end earlier',
      );
    }
    this.docs.push(doc);
  }

  addCredit(): void {}
}
