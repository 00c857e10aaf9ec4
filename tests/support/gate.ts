import { PATIENCE_MS } from "./log_trap.ts";

/** An address that answers when the test says so: a handler that fetches it is in flight for as long. */
export class Gate implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #opened = Promise.withResolvers<void>();
  readonly #arrived = Promise.withResolvers<void>();

  constructor() {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async () => {
      this.#arrived.resolve();
      await this.#opened.promise;
      return new Response();
    });
  }

  /** What a handler fetches to wait. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/`;
  }

  /** Resolves when a handler waits. */
  async reached(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error("No handler came to the gate")), PATIENCE_MS);
    });
    await Promise.race([this.#arrived.promise, late]).finally(() => clearTimeout(timer));
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
