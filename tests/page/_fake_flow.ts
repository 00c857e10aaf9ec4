import type { FlowEvent, HelloEvent } from "../../src/live/flow_event.ts";
import { pageResponse } from "../../src/page/page.ts";
import { hello } from "./_statuses.ts";

/** Serves the page, and the events that a test says. */
export class FakeFlow implements AsyncDisposable {
  /** What a client is told that has seen nothing. */
  hello: HelloEvent;
  /** With which status `/events` is refused; it is answered when there is none. */
  refusal?: number;
  /** The paths that were asked for, with the id of the last event. */
  readonly asked: string[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #clients = new Set<ReadableStreamDefaultController<Uint8Array>>();
  readonly #sent: FlowEvent[] = [];

  constructor(given: Partial<HelloEvent> = {}, private readonly mount: string = "/", port = 0) {
    this.hello = hello(given);
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port, onListen: () => {} },
      (request) => this.#answer(request),
    );
  }

  /** The address of the page. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}${this.mount}`;
  }

  /** The port, for a process that comes after it. */
  get port(): number {
    return this.#server.addr.port;
  }

  /** How many pages are connected. */
  get connected(): number {
    return this.#clients.size;
  }

  /** Sends events to all pages. */
  send(...events: readonly FlowEvent[]): void {
    for (const event of events) {
      this.#sent.push(event);
      for (const client of this.#clients) client.enqueue(message(this.hello.boot, this.#sent.length, event));
    }
  }

  /** Ends all connections. */
  drop(): void {
    for (const client of this.#clients) client.close();
    this.#clients.clear();
  }

  /** Ends all connections, and is another process from then on. */
  restart(given: Partial<HelloEvent>): void {
    this.hello = { ...this.hello, ...given };
    this.#sent.length = 0;
    this.drop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.drop();
    await this.#server.shutdown();
  }

  #answer(request: Request): Response | Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const lastId = request.headers.get("last-event-id") ?? searchParams.get("lastEventId");
    this.asked.push(lastId === null ? pathname : `${pathname} after ${lastId}`);
    if (pathname === this.mount) return pageResponse();
    if (pathname === `${this.mount.replace(/\/$/, "")}/events`) {
      return this.refusal === undefined ? this.#events(lastId) : new Response("no", { status: this.refusal });
    }
    const paths = { "/search": { post: { summary: "Search", responses: {} } } };
    return Response.json({ paths }, { status: pathname.endsWith("/openapi.json") ? 200 : 404 });
  }

  #events(lastId: string | null): Response {
    const { boot } = this.hello;
    const [, known, number] = /^(\w+)-(\d+)$/.exec(lastId ?? "") ?? [];
    let client: ReadableStreamDefaultController<Uint8Array>;
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        client = controller;
        this.#clients.add(controller);
        controller.enqueue(new TextEncoder().encode("retry: 100\n\n"));
        if (known !== boot) controller.enqueue(message(boot, this.#sent.length, this.hello));
        else {
          for (const [at, event] of this.#sent.slice(Number(number)).entries()) {
            controller.enqueue(message(boot, Number(number) + at + 1, event));
          }
        }
      },
      cancel: () => void this.#clients.delete(client),
    });
    return new Response(stream, {
      headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
    });
  }
}

function message(boot: string, number: number, event: FlowEvent): Uint8Array {
  return new TextEncoder().encode(
    `id: ${boot}-${number}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`,
  );
}
