/** An `AbortSignal` that is created when it is first read: most handlers never do. */
export class LazyAbort {
  #controller?: AbortController;
  #reason?: string;

  /** Why it was aborted; `undefined` before. */
  get reason(): string | undefined {
    return this.#reason;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#reason !== undefined) this.abort(this.#reason);
    return this.#controller.signal;
  }

  abort(reason: string): void {
    this.#reason = reason;
    this.#controller?.abort(new DOMException(reason, "AbortError"));
  }
}
