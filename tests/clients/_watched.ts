/** Stands between a client and a Flow, and notes each request and the status of its answer. */
export class Watched implements AsyncDisposable {
  readonly requests: string[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(flowPort: number) {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
      const { pathname } = new URL(request.url);
      const { method, headers } = request;
      const body = method === "GET" ? null : await request.text();
      const answer = await fetch(`http://127.0.0.1:${flowPort}${pathname}`, { method, headers, body });
      this.requests.push(`${method} ${pathname} ${answer.status}`);
      return new Response(await answer.text(), answer);
    });
  }

  get port(): number {
    return this.#server.addr.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}
