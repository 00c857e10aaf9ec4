/** A client that speaks HTTP as it likes: it may stop in the middle of a request, or leave its answer unread. */
export class RawClient implements Disposable {
  readonly #decoder = new TextDecoder();
  readonly #piece = new Uint8Array(65_536);

  private constructor(private readonly connection: Deno.TcpConn) {}

  static async connect(port: number): Promise<RawClient> {
    return new RawClient(await Deno.connect({ port }));
  }

  /** Sends a request; with a body that is shorter than `length`, only the beginning of one. */
  async post(path: string, body: string, length: number = body.length): Promise<void> {
    const head = ["host: localhost", "content-type: application/json", `content-length: ${length}`];
    await this.send([`POST ${path} HTTP/1.1`, ...head, "", body].join("\r\n"));
  }

  async send(text: string): Promise<void> {
    await this.sendBytes(new TextEncoder().encode(text));
  }

  async sendBytes(bytes: Uint8Array): Promise<void> {
    await this.connection.write(bytes);
  }

  /** What comes next; nothing when the connection has ended, or was cut. */
  async read(): Promise<string> {
    const count = await this.connection.read(this.#piece).catch(() => null);
    return this.#decoder.decode(this.#piece.subarray(0, count ?? 0), { stream: true });
  }

  /** All that comes until the connection ends. */
  async rest(): Promise<string> {
    let all = "";
    for (let text = await this.read(); text !== ""; text = await this.read()) all += text;
    return all;
  }

  [Symbol.dispose](): void {
    this.connection.close();
  }
}
