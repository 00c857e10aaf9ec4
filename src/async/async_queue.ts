/** A queue that one reader iterates over: it waits for the next item, until the queue is ended and empty. */
export class AsyncQueue<T> implements AsyncIterable<T> {
  readonly #items: T[] = [];
  #ended = false;
  #wake?: () => void;

  /** How many items wait to be taken. */
  get size(): number {
    return this.#items.length;
  }

  /** Adds an item. */
  push(item: T): void {
    this.#items.push(item);
    this.#wake?.();
  }

  /** Ends the queue: no more items follow. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** Takes the next item; `undefined` at the end. */
  async take(): Promise<T | undefined> {
    while (this.#items.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return this.#items.shift();
  }

  /** Takes the items one by one. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for (;;) {
      const item = await this.take();
      if (item === undefined) return;
      yield item;
    }
  }
}
