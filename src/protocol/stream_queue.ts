import type { Encoded } from "./encoded.ts";
import type { StreamName } from "./protocol.ts";

/** The window of a stream: a worker may be this many small documents ahead of the reader, or 64,000 characters. */
export const WINDOW = 16;

/** The part of the window that a document takes. Both sides of a worker use it. */
export function costOf(doc: Encoded): number {
  return 1 + (doc.length >> 12);
}

/**
 * A queue of documents, each encoded, from a worker to a reader. The worker sends no more than the window allows, and
 * {@linkcode StreamQueue.onConsumed} reports what the reader has taken.
 */
export class StreamQueue<E extends Encoded = Encoded> {
  /** Called with the part of the window that is free again. */
  onConsumed: (room: number) => void = () => {};
  /** Whether the stream has started: the answer is a stream. */
  hasBegun = false;
  /** What it answers, if the worker has said so. */
  name?: StreamName;
  readonly #begun = Promise.withResolvers<void>();
  /** Resolves when the stream has started. */
  readonly begun: Promise<void> = this.#begun.promise;
  #waiting: E[] = [];
  #ended = false;
  #wake?: () => void;

  /**
   * Starts the stream; documents may follow.
   *
   * @param name What it answers, where only the worker knows.
   */
  begin(name?: StreamName): void {
    this.hasBegun = true;
    this.name = name;
    this.#begun.resolve();
  }

  /** Adds a document. */
  push(doc: E): void {
    this.#waiting.push(doc);
    this.#wake?.();
  }

  /** Ends the stream: no more documents follow. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** Waits for a document, and leaves it in the queue; resolves to `false` at the end of the stream. */
  async hasMore(): Promise<boolean> {
    while (this.#waiting.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return this.#waiting.length > 0;
  }

  /** Takes all queued documents, after a wait for the first one; resolves to an empty array at the end of the stream. */
  async take(): Promise<E[]> {
    await this.hasMore();
    const docs = this.#waiting;
    this.#waiting = [];
    if (docs.length > 0) this.onConsumed(docs.reduce((sum, doc) => sum + costOf(doc), 0));
    return docs;
  }
}
