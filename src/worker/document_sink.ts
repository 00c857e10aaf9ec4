import { isDocument } from "../document/document.ts";
import { encodeDocuments } from "../document/encode.ts";
import { nameOf } from "../document/json_value.ts";
import { costOf, WINDOW } from "../async/stream_queue.ts";

/** What gives documents one by one, and perhaps something at its end. */
export type Source = Iterator<unknown, unknown> | AsyncIterator<unknown, unknown>;

/** Where documents go, each as JSON. */
export interface DocumentSink {
  /** Resolves when there is credit for one. */
  ready(): Promise<void>;
  /** Sends one. */
  send(doc: string): void;
  /** There is more credit. */
  addCredit(credit: number): void;
  /** What is kept of them, as a JSON array. */
  readonly json: string;
}

/** Sends documents at once, as long as the other side has credit. */
export class CreditSink implements DocumentSink {
  readonly json = "[]";
  #credit: number;
  #wake?: () => void;

  /**
   * @param window How much credit there is.
   * @param emit Sends a document to the other side.
   */
  constructor(window: number, private readonly emit: (doc: string) => void) {
    this.#credit = window;
  }

  async ready(): Promise<void> {
    while (this.#credit <= 0) await new Promise<void>((resolve) => this.#wake = resolve);
  }

  send(doc: string): void {
    this.#credit -= costOf(doc);
    this.emit(doc);
  }

  addCredit(credit: number): void {
    this.#credit += credit;
    this.#wake?.();
  }
}

/** How many characters of documents are kept at most: a generator that never ends would use up the memory of all. */
const MAX_BUFFERED = 64 * 1024 * 1024;

/** Keeps documents until all are there. */
export class BufferSink implements DocumentSink {
  readonly #docs: string[] = [];
  #size = 0;

  get json(): string {
    return `[${this.#docs.join()}]`;
  }

  /** A generator that never ends on its own does not keep the worker from hearing that it is to end. */
  async ready(): Promise<void> {
    if (this.#docs.length % WINDOW === WINDOW - 1) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  send(doc: string): void {
    this.#size += doc.length;
    if (this.#size > MAX_BUFFERED) {
      throw new RangeError(
        "Cannot collect what a generator yields: it came to more than 64 MiB of documents. " +
          'Ask for a stream ("accept: text/event-stream", client.stream()), or let it end earlier',
      );
    }
    this.#docs.push(doc);
  }

  addCredit(): void {}
}

/** A call that may be given up. */
export interface Abortable {
  /** Throws once it is. */
  throwIfAborted(): void;
  /** Called when it is. */
  onAbort?: () => void;
}

/**
 * Takes documents one by one, each when there is credit for it. When the call is given up, or something is no document,
 * the source is told to clean up.
 *
 * @returns What the source gave at its end.
 */
export async function pump(
  source: Source,
  encode: (item: unknown, index: number) => string,
  outflow: DocumentSink,
  call: Abortable,
): Promise<unknown> {
  let cleaned: Promise<void> | undefined;
  const cleanUp = async () => void await source.return?.();
  // What goes wrong there is not to hide why it was needed.
  const stop = () => cleaned ??= cleanUp().catch(() => {});
  call.onAbort = () => {
    // Now, and not when the value it works on is there: a source that is no generator can stop at once.
    stop();
    outflow.addCredit(Infinity);
  };
  let isRunning = false;
  try {
    for (let index = 0;; index++) {
      await outflow.ready();
      call.throwIfAborted();
      isRunning = true;
      const { done, value } = await source.next();
      isRunning = false;
      call.throwIfAborted();
      if (done) return value;
      outflow.send(encode(value, index));
    }
  } catch (error) {
    // A source that threw by itself has nothing left to clean up.
    if (!isRunning) await stop();
    throw error;
  }
}

/** What a generator gives; `undefined` for whatever else a handler may return. Arrays can be looped over, but are at an end. */
export function sourceOf(returned: unknown): Source | undefined {
  if (typeof returned !== "object" || returned === null) return undefined;
  const loop = returned as Partial<AsyncIterable<unknown> & Iterator<unknown, unknown>>;
  if (typeof loop[Symbol.asyncIterator] === "function") {
    return (loop as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  }
  return Symbol.iterator in loop && typeof loop.next === "function" ? loop as Iterator<unknown> : undefined;
}

/** Writes what a generator yielded; the index is for messages. */
export function encodeYielded(value: unknown, index = 0): string {
  if (isDocument(value)) return encodeAny(value, index);
  const hint = Array.isArray(value) ? "; to yield several, write `yield* docs`" : "";
  throw new TypeError(
    `Cannot stream ${nameOf(value)}: a handler that is a generator yields Documents, or their fields${hint}`,
  );
}

/** Writes a document of a DocumentArray. */
export function encodeAny(doc: unknown, index: number): string {
  return JSON.stringify(encodeDocuments([doc], index)[0]);
}
