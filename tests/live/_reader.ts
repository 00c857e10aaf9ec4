/** Reads the events of a Flow. */
import type { PageEvent, PageEventOf } from "../../src/page/client/store.ts";
import { PATIENCE_MS } from "../support/log_trap.ts";

/** An event with its id. */
export type Read = PageEvent & { readonly id: string };
type Kind = PageEvent["kind"];

/** A reader of `GET /events`, which remembers what has come. */
export class EventReader implements AsyncDisposable {
  readonly events: Read[] = [];
  /** Settled when the stream has ended. */
  readonly ended: Promise<void>;
  #waiting: (() => void)[] = [];

  private constructor(readonly response: Response, private readonly stop: AbortController) {
    this.ended = this.#read();
  }

  /** Opens the stream at the address of a Flow. */
  static async open(url: string, lastId?: string): Promise<EventReader> {
    const stop = new AbortController();
    const headers = { ...(lastId !== undefined && { "last-event-id": lastId }) };
    return new EventReader(await fetch(new URL("/events", url), { headers, signal: stop.signal }), stop);
  }

  /** The first event of a kind that fits, from an index on; waits for it when it is not there yet. */
  async next<K extends Kind>(
    kind: K,
    fits: (event: PageEventOf<K>) => boolean = () => true,
    from = 0,
  ): Promise<PageEventOf<K> & { readonly id: string }> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const found = this.events.slice(from).find((event) =>
        event.kind === kind && fits(event as unknown as PageEventOf<K>)
      );
      if (found !== undefined) return found as unknown as PageEventOf<K> & { readonly id: string };
      const left = deadline - performance.now();
      if (left <= 0) {
        throw new Error(
          `No ${kind} came; there were:\n${this.events.map((one) => JSON.stringify(one)).join("\n")}`,
        );
      }
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        timer = setTimeout(resolve, left);
        this.#waiting.push(resolve);
      });
      clearTimeout(timer);
    }
  }

  /** Leaves. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.stop.abort();
    await this.ended;
  }

  async #read(): Promise<void> {
    let text = "";
    try {
      for await (const part of this.response.body!.pipeThrough(new TextDecoderStream())) {
        text += part;
        const messages = text.split("\n\n");
        text = messages.pop() ?? "";
        for (const message of messages) this.#receive(message);
      }
    } catch (error) {
      if (!this.stop.signal.aborted) throw error;
    }
  }

  #receive(message: string): void {
    const fields = new Map(message.split("\n").map((line) => line.split(/: (.*)/s, 2) as [string, string]));
    const [id, data] = [fields.get("id"), fields.get("data")];
    if (id === undefined || data === undefined) return;
    const event: PageEvent = JSON.parse(data);
    if (event.kind !== fields.get("event")) {
      throw new Error(`the event ${fields.get("event")} is a ${event.kind}`);
    }
    this.events.push({ ...event, id });
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
