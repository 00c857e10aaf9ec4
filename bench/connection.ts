import { type Reply, ReplyBuffer } from "./reply.ts";

/** One keep-alive HTTP/1.1 connection over TCP. `fetch` is far too slow to measure a server with. */
export class Connection implements Disposable {
  readonly #conn: Deno.TcpConn;
  readonly #buffer = new ReplyBuffer();

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  static async open(port: number): Promise<Connection> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    conn.setNoDelay();
    return new Connection(conn);
  }

  /** Sends one request and reads its reply. Only one at a time. */
  async exchange(request: Uint8Array): Promise<Reply> {
    // Not awaited: a server that is gone shows in the read, and the turn of the event loop is saved.
    this.#send(request).catch(() => {});
    this.#buffer.reset();
    for (;;) {
      const count = await this.#conn.read(this.#buffer.room());
      if (count === null) throw new Deno.errors.ConnectionReset("the server closed the connection");
      const reply = this.#buffer.add(count);
      if (reply !== undefined) return reply;
    }
  }

  async #send(request: Uint8Array): Promise<void> {
    let sent = await this.#conn.write(request);
    while (sent < request.length) sent += await this.#conn.write(request.subarray(sent));
  }

  /** Closes the connection; an exchange that still waits is rejected. */
  [Symbol.dispose](): void {
    try {
      this.#conn.close();
    } catch {
      // It was closed already.
    }
  }
}
