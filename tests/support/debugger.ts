import { inTime } from "./in_time.ts";

/** A debugger of a process that was started with `--inspect`, by the protocol that Node and Deno share. */
export class Debugger implements Disposable {
  readonly #socket: WebSocket;
  readonly #paused = Promise.withResolvers<void>();
  readonly #attached = Promise.withResolvers<string>();
  readonly #waiting = new Map<number, () => void>();
  #id = 0;

  private constructor(url: string, private readonly isWorker: boolean) {
    this.#socket = new WebSocket(url);
    this.#socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
  }

  /** Attaches to a process that says where it listens; or to its first worker. */
  static async attach(url: string, to: "process" | "worker"): Promise<Debugger> {
    const client = new Debugger(url, to === "worker");
    await inTime(new Promise((resolve) => client.#socket.onopen = resolve), "The debugger's connection");
    if (to === "process") return client;
    client.#send("NodeWorker.enable", { waitForDebuggerOnStart: false });
    await inTime(client.#attached.promise, "The debugger's worker");
    return client;
  }

  /** Has it pause at its next statement. */
  async pauseSoon(): Promise<void> {
    for (const method of ["Debugger.enable", "Debugger.pause"]) await this.#tell(method);
  }

  /** Lets it go on. */
  async resume(): Promise<void> {
    await this.#tell("Debugger.resume");
  }

  /** Resolves when it is paused. */
  paused(): Promise<void> {
    return inTime(this.#paused.promise, "The pause");
  }

  /** Goes away, without a word to it. */
  async leave(): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.onclose = resolve);
    this.#socket.close();
    await inTime(closed, "The debugger's end");
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  /** Resolves when it has answered. */
  async #tell(method: string): Promise<void> {
    const id = ++this.#id;
    const answered = new Promise<void>((resolve) => this.#waiting.set(id, resolve));
    if (this.isWorker) {
      const sessionId = await this.#attached.promise;
      this.#send("NodeWorker.sendMessageToWorker", { sessionId, message: JSON.stringify({ id, method }) });
    } else this.#socket.send(JSON.stringify({ id, method }));
    await inTime(answered, `The answer to ${method}`);
  }

  #send(method: string, params: object): void {
    this.#socket.send(JSON.stringify({ id: ++this.#id, method, params }));
  }

  #receive({ id, method, params }: Message): void {
    if (method === "NodeWorker.attachedToWorker") this.#attached.resolve(params?.sessionId ?? "");
    if (method === "Debugger.paused") this.#paused.resolve();
    if (params?.message !== undefined) this.#receive(JSON.parse(params.message));
    else if (id !== undefined) this.#waiting.get(id)?.();
  }
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly sessionId?: string; readonly message?: string };
}
