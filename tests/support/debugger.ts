import { inTime } from "./in_time.ts";

/** A debugger of a process that was started with `--inspect`, by the protocol that Node and Deno share. */
export class Debugger implements Disposable {
  readonly #socket: WebSocket;
  readonly #paused = Promise.withResolvers<void>();
  readonly #attached = Promise.withResolvers<string>();
  readonly #waiting = new Map<number, () => void>();
  #id = 0;

  private constructor(url: string) {
    this.#socket = new WebSocket(url);
    this.#socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
  }

  /** Attaches to a process that says where it listens, and to its first worker. */
  static async attach(url: string): Promise<Debugger> {
    const client = new Debugger(url);
    await inTime(new Promise((resolve) => client.#socket.onopen = resolve), "The debugger's connection");
    client.#send("NodeWorker.enable", { waitForDebuggerOnStart: false });
    await inTime(client.#attached.promise, "The debugger's worker");
    return client;
  }

  /** Has the worker pause at its next statement. */
  async pauseSoon(): Promise<void> {
    for (const method of ["Debugger.enable", "Debugger.pause"]) await this.#tell(method);
  }

  /** Lets the worker go on. */
  async resume(): Promise<void> {
    await this.#tell("Debugger.resume");
  }

  /** Resolves when the worker is paused. */
  paused(): Promise<void> {
    return inTime(this.#paused.promise, "The pause");
  }

  /** Goes away, without a word to the worker. */
  async leave(): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.onclose = resolve);
    this.#socket.close();
    await inTime(closed, "The debugger's end");
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  /** Resolves when the worker has answered. */
  async #tell(method: string): Promise<void> {
    const id = ++this.#id;
    const answered = new Promise<void>((resolve) => this.#waiting.set(id, resolve));
    const sessionId = await this.#attached.promise;
    this.#send("NodeWorker.sendMessageToWorker", { sessionId, message: JSON.stringify({ id, method }) });
    await inTime(answered, `The worker's answer to ${method}`);
  }

  #send(method: string, params: object): void {
    this.#socket.send(JSON.stringify({ id: ++this.#id, method, params }));
  }

  #receive({ method, params }: { method?: string; params?: { sessionId: string; message: string } }): void {
    if (method === "NodeWorker.attachedToWorker") this.#attached.resolve(params?.sessionId ?? "");
    if (params?.message === undefined) return;
    const message = JSON.parse(params.message);
    if (message.method === "Debugger.paused") this.#paused.resolve();
    this.#waiting.get(message.id)?.();
  }
}
