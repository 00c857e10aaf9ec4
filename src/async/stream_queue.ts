/** How far a worker may be ahead of whoever reads: so many small documents, or about 64,000 characters of large ones. */
export const WINDOW = 16;

/** How much of the window a document takes. Both sides of a worker count with it. */
export function costOf(doc: string): number {
  return 1 + (doc.length >> 12);
}

/**
 * Documents on their way from a worker to whoever reads them, each as JSON. Its worker sends no more than there is
 * room for, and learns from here what was taken.
 */
export class StreamQueue {
  /** Called with how much of the window is free again. */
  onConsumed: (room: number) => void = () => {};
  /** Whether the answer is a stream from now on. */
  hasBegun = false;
  /** Resolves when it has begun. */
  readonly begun: Promise<void>;
  readonly #begin: () => void;
  #waiting: string[] = [];
  #ended = false;
  #wake?: () => void;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.begun = promise;
    this.#begin = resolve;
  }

  /** Documents are to come, though perhaps none. */
  begin(): void {
    this.hasBegun = true;
    this.#begin();
  }

  /** Adds a document. */
  push(doc: string): void {
    this.#waiting.push(doc);
    this.#wake?.();
  }

  /** No more will come. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** Takes all documents that are there; waits for one, and gives none only when no more will come. */
  async take(): Promise<string[]> {
    while (this.#waiting.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const docs = this.#waiting;
    this.#waiting = [];
    if (docs.length > 0) this.onConsumed(docs.reduce((sum, doc) => sum + costOf(doc), 0));
    return docs;
  }
}
