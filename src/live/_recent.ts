/** The last items of a list that grows without end. */
export class Recent<T> {
  #items: T[] = [];

  /** @param limit How many items are kept. */
  constructor(private readonly limit: number) {}

  /** The last items, the oldest first. */
  get all(): readonly T[] {
    return this.#items.slice(-this.limit);
  }

  add(item: T): void {
    this.#items.push(item);
    // One copy now and then costs less than a shift each time.
    if (this.#items.length >= 2 * this.limit) this.#items = this.#items.slice(-this.limit);
  }
}
