import type { Document, DocumentInit } from "../document/document.ts";
import { DocumentArray, documentOf } from "../document/document_array.ts";
import { invalidArgument, preview } from "../errors/mod.ts";
import type { Inputs } from "./options.ts";

type Item = Document | DocumentInit;

/** Some of the inputs, and which of all chunks it is, from 0. */
export interface Chunk {
  readonly index: number;
  readonly docs: DocumentArray;
}

/** Takes documents from the inputs, one chunk at a time, and none before it is asked for. */
export class Chunks {
  readonly #iterator: Iterator<Item> | AsyncIterator<Item>;
  #count = 0;
  #ended = false;
  #taking = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(inputs: Inputs, private readonly size: number) {
    this.#iterator = iteratorOf(inputs);
  }

  /**
   * The next chunk; one without documents when there are no inputs at all, since that is a request too.
   *
   * @returns `undefined` when there are no more.
   */
  next(): Promise<Chunk | undefined> {
    // Whoever asks meanwhile gets the chunk after this one.
    const chunk = this.#turn.then(() => this.#take());
    this.#turn = chunk.catch(() => {});
    return chunk;
  }

  /** Tells the inputs that no more will be taken; waits for their clean-up, unless they still owe a document. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    // A clean-up that fails is not to hide why it was needed.
    const cleanedUp = (async () => await this.#iterator.return?.())().catch(() => {});
    if (!this.#taking) await cleanedUp;
  }

  async #take(): Promise<Chunk | undefined> {
    const docs = new DocumentArray();
    while (!this.#ended && docs.length < this.size) {
      const { done, value } = await this.#nextItem();
      if (done) this.#ended = true;
      else {
        checkObject(value);
        docs.push(documentOf(value));
      }
    }
    if (docs.length === 0 && this.#count > 0) return undefined;
    return { index: this.#count++, docs };
  }

  async #nextItem(): Promise<IteratorResult<Item>> {
    this.#taking = true;
    try {
      return await this.#iterator.next();
    } catch (error) {
      // Inputs that threw are over: they have nothing left to clean up.
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

function checkObject(value: unknown): void {
  if (typeof value === "object" && value !== null) return;
  throw invalidArgument(
    `Cannot send "${preview(value)}": a Document, its fields, or an (async) iterable of them is wanted`,
  );
}
