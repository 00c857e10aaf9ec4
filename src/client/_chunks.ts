import type { Document, DocumentInit } from "../document/document.ts";
import { DocumentArray, documentOf } from "../document/document_array.ts";
import { invalidArgument, preview } from "../errors/mod.ts";
import type { Inputs } from "./options.ts";

type Item = Document | DocumentInit;

/** The documents of one request, and their position among all chunks, from 0. */
export interface Chunk {
  readonly index: number;
  readonly docs: DocumentArray;
}

/** Reads the inputs lazily, one chunk at a time. */
export class Chunks {
  readonly #iterator: Iterator<Item> | AsyncIterator<Item>;
  #count = 0;
  #ended = false;
  #taking = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(inputs: Inputs, private readonly size: number) {
    this.#iterator = iteratorOf(inputs);
  }

  /**
   * Reads the next chunk; resolves to `undefined` when there are no more. Without any inputs, the first chunk is empty: a
   * request without documents is sent.
   */
  next(): Promise<Chunk | undefined> {
    // Concurrent calls read the inputs one after the other.
    const chunk = this.#last.then(() => this.#take());
    this.#last = chunk.catch(() => {});
    return chunk;
  }

  /** Ends the iteration of the inputs. Waits for their clean-up, unless their `next()` is still pending. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    // An error of the clean-up must not replace the error that caused it.
    const cleanedUp = (async () => await this.#iterator.return?.())().catch(() => {});
    if (!this.#taking) await cleanedUp;
  }

  async #take(): Promise<Chunk | undefined> {
    const docs = new DocumentArray();
    while (!this.#ended && docs.length < this.size) {
      const { done, value } = await this.#nextItem();
      if (done) this.#ended = true;
      else docs.push(documentOf(checkObject(value)));
    }
    if (docs.length === 0 && this.#count > 0) return undefined;
    return { index: this.#count++, docs };
  }

  async #nextItem(): Promise<IteratorResult<Item>> {
    this.#taking = true;
    try {
      return await this.#iterator.next();
    } catch (error) {
      // An iterator that threw has ended, and needs no clean-up.
      this.#ended = true;
      throw error;
    } finally {
      this.#taking = false;
    }
  }
}

function iteratorOf(inputs: Inputs): Iterator<Item> | AsyncIterator<Item> {
  checkObject(inputs);
  if (Symbol.asyncIterator in inputs) return inputs[Symbol.asyncIterator]();
  return Symbol.iterator in inputs ? inputs[Symbol.iterator]() : [inputs][Symbol.iterator]();
}

function checkObject<T>(value: T): T & object {
  if (typeof value === "object" && value !== null) return value;
  throw invalidArgument(
    `Cannot send "${preview(value)}": expected a Document, its fields, or an (async) iterable of them`,
  );
}
