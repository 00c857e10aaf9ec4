import { Client } from "../../mod.ts";

/** What a client sent. */
export interface Body {
  readonly header: { readonly requestId: string };
  readonly data: readonly { readonly id: string }[];
  readonly execEndpoint: string;
  readonly targetExecutor: string;
  readonly parameters: object;
}

/** A server that notes each body it gets, and answers with its documents or with what it is told. */
export function echo(
  answer?: (body: Body, request: Request) => Response | Promise<Response>,
): AsyncDisposable & { client: Client; bodies: Body[] } {
  const bodies: Body[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const text = await request.text();
    if (text === "") return new Response("something else");
    const body: Body = JSON.parse(text);
    bodies.push(body);
    return await answer?.(body, request) ?? Response.json({ data: body.data });
  });
  const client = new Client({ port: server.addr.port });
  return { client, bodies, [Symbol.asyncDispose]: () => server.shutdown() };
}

/** A server that holds each answer until the test gives it. */
export class Holding implements AsyncDisposable {
  /** The requests that wait, by the id of their first document. */
  readonly held = new Map<string, { answer(): void; gone(): Promise<void> }>();
  readonly #server: ReturnType<typeof echo>;
  #arrived = Promise.withResolvers<void>();

  constructor() {
    this.#server = echo((body, request) => {
      const { promise, resolve } = Promise.withResolvers<Response>();
      this.held.set(body.data[0].id, {
        answer: () => resolve(Response.json({ data: body.data })),
        gone: () => aborted(request.signal),
      });
      this.#arrived.resolve();
      this.#arrived = Promise.withResolvers<void>();
      return promise;
    });
  }

  get client(): Client {
    return this.#server.client;
  }

  /** Resolves when so many requests have come, counting from the start. */
  async came(count: number): Promise<void> {
    while (this.held.size < count) await this.#arrived.promise;
  }

  /** Answers one request. */
  answer(id: string | number): void {
    this.held.get(String(id))?.answer();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { answer } of this.held.values()) answer();
    await this.#server[Symbol.asyncDispose]();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

/** A listener that does with each connection, counted from 1, what the test says, and closes it. */
export class Sockets implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #done: Promise<void>;
  /** How many connections there were. */
  count = 0;

  constructor(private readonly use: (connection: Deno.Conn, count: number) => void | Promise<void>) {
    this.#done = this.#accept();
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) {
      await this.use(connection, ++this.count);
      connection.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#done;
  }
}

/** Reads the beginning of a request, and answers this. */
export async function say(connection: Deno.Conn, text: string): Promise<void> {
  await connection.read(new Uint8Array(65_536));
  await connection.write(new TextEncoder().encode(text));
}

/** A port that nobody listens on. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Fields of documents, with ids that count. */
export function* many(count: number): Generator<{ id: string }> {
  for (let index = 0; index < count; index++) yield { id: String(index) };
}
