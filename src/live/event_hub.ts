import type { FlowEvent, HelloEvent } from "./flow_event.ts";

/** How many events, and how many bytes of them, are kept for readers that come back. */
const KEPT = 1_000;
const KEPT_BYTES = 2 * 1024 * 1024;
/** How many bytes wait for a reader that is slow, before its stream ends; it can come back for the rest. */
const QUEUE_BYTES = 4 * 1024 * 1024;
/** How long events are kept after the last reader has left, in milliseconds: it may come back. */
const ABSENCE_MS = 10_000;
/** How long a reader whose stream has ended waits before it comes back, in milliseconds. */
const RETRY_MS = 1_000;

const ENCODER = new TextEncoder();

/** What a hub asks of its Flow. */
export interface HubOptions {
  /** What a reader is told that has seen nothing yet. */
  hello(): Omit<HelloEvent, "kind" | "boot" | "at">;
  /** Called when there is a reader again, and when the last one has not come back for a while. */
  onWatched(isWatched: boolean): void;
}

/** Passes the events of a Flow on to the readers of `GET /events`, as Server-Sent Events. */
export class EventHub {
  /** Identifies this start of the Flow. */
  readonly boot: string = crypto.randomUUID().slice(0, 8);
  readonly #readers = new Set<Reader>();
  /** The last messages; their numbers follow each other. */
  #kept: Uint8Array[] = [];
  #keptBytes = 0;
  /** The number of the last event. */
  #number = 0;
  #isWatched = false;
  #isClosed = false;
  #absence?: ReturnType<typeof setTimeout>;

  constructor(private readonly options: HubOptions) {}

  /** Whether events have to be published: there is a reader, or was one a moment ago. */
  get isWatched(): boolean {
    return this.#isWatched;
  }

  /** Sends an event to all readers. */
  publish(event: FlowEvent): void {
    if (!this.#isWatched) return;
    this.#number++;
    const message = this.#messageOf(event);
    this.#kept.push(message);
    this.#keptBytes += message.length;
    while (this.#kept.length > KEPT || (this.#keptBytes > KEPT_BYTES && this.#kept.length > 1)) {
      this.#keptBytes -= this.#kept.shift()?.length ?? 0;
    }
    for (const reader of this.#readers) if (!reader.push(message)) this.#leave(reader);
  }

  /**
   * Opens a stream of all events from now on. It begins with its first read, so that a request for its headers alone
   * costs nothing.
   *
   * @param lastId The id of the last event that the reader has seen.
   */
  open(lastId?: string): ReadableStream<Uint8Array> {
    let reader: Reader | undefined;
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        reader ??= this.#join(lastId);
        const bytes = await reader.take();
        if (bytes === undefined) controller.close();
        else controller.enqueue(bytes);
      },
      cancel: () => reader && this.#leave(reader),
    }, { highWaterMark: 0 });
  }

  /** Ends all streams; later ones end at once. */
  close(): void {
    this.#isClosed = true;
    for (const reader of this.#readers) this.#leave(reader);
    this.#endWatch();
  }

  #join(lastId: string | undefined): Reader {
    const reader = new Reader();
    if (this.#isClosed) {
      reader.end();
      return reader;
    }
    clearTimeout(this.#absence);
    this.#readers.add(reader);
    const missed = this.#missedSince(lastId);
    if (!this.#isWatched) {
      this.#isWatched = true;
      this.options.onWatched(true);
    }
    reader.push(ENCODER.encode(`retry: ${RETRY_MS}\n\n`));
    const { boot } = this;
    const greet = () => this.#messageOf({ kind: "hello", boot, at: new Date(), ...this.options.hello() });
    for (const message of missed ?? [greet()]) reader.push(message);
    return reader;
  }

  /** The events after the last one that a reader has seen; `undefined` when they are not known. */
  #missedSince(lastId: string | undefined): readonly Uint8Array[] | undefined {
    const [, boot, number] = /^(\w+)-(\d+)$/.exec(lastId ?? "") ?? [];
    const missed = this.#number - Number(number);
    if (boot !== this.boot || !this.#isWatched || missed < 0 || missed > this.#kept.length) return undefined;
    return missed === 0 ? [] : this.#kept.slice(-missed);
  }

  #leave(reader: Reader): void {
    reader.end();
    if (!this.#readers.delete(reader) || this.#readers.size > 0 || this.#isClosed) return;
    this.#absence = setTimeout(() => this.#endWatch(), ABSENCE_MS);
  }

  #endWatch(): void {
    clearTimeout(this.#absence);
    if (!this.#isWatched) return;
    this.#isWatched = false;
    this.#kept = [];
    this.#keptBytes = 0;
    // From now on events are lost: a reader that comes back with the last number gets `hello`.
    this.#number++;
    this.options.onWatched(false);
  }

  #messageOf(event: FlowEvent): Uint8Array {
    const { kind } = event;
    return ENCODER.encode(
      `id: ${this.boot}-${this.#number}\nevent: ${kind}\ndata: ${JSON.stringify(event)}\n\n`,
    );
  }
}

/** What waits for one reader. */
class Reader {
  #waiting: Uint8Array[] = [];
  #bytes = 0;
  #isEnded = false;
  #wake = () => {};

  /** Adds a message. Returns whether the reader keeps up. */
  push(message: Uint8Array): boolean {
    this.#waiting.push(message);
    this.#bytes += message.length;
    this.#wake();
    return this.#bytes <= QUEUE_BYTES;
  }

  /** Takes all messages, once there are any; `undefined` at the end. */
  async take(): Promise<Uint8Array | undefined> {
    while (this.#waiting.length === 0 && !this.#isEnded) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    if (this.#isEnded) return undefined;
    const all = new Uint8Array(this.#bytes);
    let at = 0;
    for (const message of this.#waiting) {
      all.set(message, at);
      at += message.length;
    }
    this.#waiting = [];
    this.#bytes = 0;
    return all;
  }

  /** Ends it; what waits is dropped. */
  end(): void {
    this.#isEnded = true;
    this.#waiting = [];
    this.#bytes = 0;
    this.#wake();
  }
}
