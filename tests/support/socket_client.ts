import { inTime } from "./in_time.ts";
import { RawClient } from "./raw_client.ts";

/** How a WebSocket was closed. */
export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** A WebSocket to a Flow, by the runtime's own client. */
export class SocketClient implements Disposable {
  /** How it ends. */
  readonly closed: Promise<Closed>;
  readonly #messages: (string | Uint8Array)[] = [];
  #wake = () => {};

  private constructor(private readonly socket: WebSocket) {
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      this.#messages.push(typeof data === "string" ? data : new Uint8Array(data));
      this.#wake();
    };
    this.closed = new Promise((resolve) => {
      socket.onclose = ({ code, reason }) => {
        resolve({ code, reason });
        this.#wake();
      };
    });
  }

  static async open(port: number, path = "/", protocols: string | string[] = []): Promise<SocketClient> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols);
    const client = new SocketClient(socket);
    const opened = new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = (event) => reject(new Error((event as ErrorEvent).message));
    });
    await inTime(opened, "the WebSocket's handshake");
    socket.onerror = (event) => event.preventDefault();
    return client;
  }

  /** The subprotocol that both sides agreed on. */
  get protocol(): string {
    return this.socket.protocol;
  }

  send(message: string | Uint8Array<ArrayBuffer> | object): void {
    const isRaw = typeof message === "string" || message instanceof Uint8Array;
    this.socket.send(isRaw ? message : JSON.stringify(message));
  }

  /** The next message; throws when it was closed instead. */
  async message(): Promise<string | Uint8Array> {
    const arrived = async () => {
      while (this.#messages.length === 0) {
        if (this.socket.readyState === WebSocket.CLOSED) throw new Error("The WebSocket was closed");
        await new Promise<void>((resolve) => this.#wake = resolve);
      }
      return this.#messages.shift() as string | Uint8Array;
    };
    return await inTime(arrived(), "a message");
  }

  /** The next message as JSON. */
  // deno-lint-ignore no-explicit-any -- JSON as it came
  async json(): Promise<any> {
    return JSON.parse(String(await this.message()));
  }

  /** How it was closed, which is expected. */
  async end(): Promise<Closed> {
    return await inTime(this.closed, "the WebSocket's end");
  }

  close(): void {
    this.socket.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Asks for a WebSocket with these headers, and returns the head and the body of the answer. */
export async function handshake(
  port: number,
  path = "/",
  headers: Record<string, string> = {},
): Promise<{ readonly client: RawClient; readonly status: number; readonly text: string }> {
  const client = await RawClient.connect(port);
  const all: Record<string, string> = {
    host: `localhost:${port}`,
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
    ...headers,
  };
  const lines = Object.entries(all).filter(([, value]) => value !== "").map(([name, value]) =>
    `${name}: ${value}`
  );
  await client.send([`GET ${path} HTTP/1.1`, ...lines, "", ""].join("\r\n"));
  let text = "";
  const isWhole = () => {
    const [head, body] = text.split("\r\n\r\n");
    return body !== undefined && body.length >= Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
  };
  while (!isWhole()) text += await inTime(client.read(), "the answer to a handshake");
  return { client, status: Number(text.slice(9, 12)), text };
}
