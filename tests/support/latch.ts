import { PATIENCE_MS } from "./log_trap.ts";

/** An address that answers when the test says so: a handler that fetches it is in flight for as long. */
export class Latch implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #opened = Promise.withResolvers<void>();
  readonly #arrived = new Set<() => void>();
  #arrivals = 0;

  constructor() {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async () => {
      this.#arrivals++;
      for (const look of this.#arrived) look();
      await this.#opened.promise;
      return new Response();
    });
  }

  /** What a handler fetches to wait. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/`;
  }

  /** Resolves when so many handlers have come. */
  async reached(count = 1): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = () => this.#arrivals >= count && resolve();
    const late = () => reject(new Error(`${this.#arrivals} handlers came to the latch, not ${count}`));
    const timer = setTimeout(late, PATIENCE_MS);
    this.#arrived.add(look);
    look();
    await promise.finally(() => (clearTimeout(timer), this.#arrived.delete(look)));
  }

  /** Lets those who wait go on. */
  open(): void {
    this.#opened.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.open();
    await this.#server.shutdown();
  }
}
