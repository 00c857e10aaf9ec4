type Listener = (reason: Error) => void;

/** Cancels a request. Like an `AbortController`, but almost free for the requests that are never cancelled. */
export class CancelToken {
  /** The reason, after it was cancelled. */
  reason?: Error;
  /** Most requests have one listener at a time. */
  #listener?: Listener;
  #others?: Set<Listener>;

  /** When it will be cancelled at the latest, in milliseconds since 1970. */
  get deadline(): number {
    return Infinity;
  }

  /** Cancels; further calls have no effect. */
  cancel(reason: Error): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    const listeners = [this.#listener, ...this.#others ?? []];
    this.release();
    for (const listener of listeners) listener?.(reason);
  }

  /** Removes the listeners. */
  release(): void {
    this.#listener = this.#others = undefined;
  }

  /**
   * Calls a listener when it is cancelled; immediately if it is cancelled already.
   *
   * @returns A function that removes the listener: a request may have thousands of steps.
   */
  onCancel(listener: Listener): () => void {
    if (this.reason !== undefined) {
      listener(this.reason);
      return () => {};
    }
    if (this.#listener === undefined) this.#listener = listener;
    else (this.#others ??= new Set()).add(listener);
    return () => {
      if (this.#listener === listener) this.#listener = undefined;
      else this.#others?.delete(listener);
    };
  }
}
