/** An Executor whose handlers are generators, and which knows how many of them are open. */
import { type Document, type DocumentArray, Executor, type RequestContext, requests } from "../../mod.ts";

export class Streams extends Executor {
  #open = 0;
  #made = 0;

  /** As many as are asked for, then how many there were. */
  @requests({ on: "/count" })
  async *count(docs: DocumentArray, { parameters }: RequestContext) {
    for (let n = 0; n < Number(parameters.n); n++) {
      yield { id: String(n), text: `${docs[0]?.text ?? ""}${n}\n` };
      if (n % 7 === 0) await new Promise((resolve) => setTimeout(resolve));
    }
    return { made: Number(parameters.n) };
  }

  @requests({ on: "/sync" })
  *sync(docs: DocumentArray) {
    yield* docs;
    yield { text: "last" };
  }

  /** The same document over and over. */
  @requests({ on: "/grow" })
  async *grow([doc]: DocumentArray): AsyncGenerator<Document> {
    for (const word of ["a", "b", "c"]) {
      doc.text += word;
      await Promise.resolve();
      yield doc;
    }
  }

  @requests({ on: "/none" })
  async *none() {}

  /** Not a generator itself: it gives one. */
  @requests({ on: "/given" })
  given(docs: DocumentArray) {
    return Promise.resolve(this.sync(docs));
  }

  @requests({ on: "/web" })
  web() {
    return new ReadableStream<{ text: string }>({
      start(controller) {
        for (const text of ["one", "two"]) controller.enqueue({ text });
        controller.close();
      },
    });
  }

  /** What is asked for, in place of a document. */
  @requests({ on: "/odd" })
  async *odd(_docs: DocumentArray, { parameters }: RequestContext) {
    this.#open++;
    try {
      yield { text: "fine" };
      yield parameters.odd as Document;
    } finally {
      this.#open--;
    }
  }

  @requests({ on: "/ends-odd" })
  async *endsOdd(docs: DocumentArray) {
    yield { text: "fine" };
    return docs as never;
  }

  @requests({ on: "/throws" })
  async *throws() {
    yield { text: "fine" };
    throw new RangeError("in the middle");
  }

  @requests({ on: "/throws-first" })
  throwsFirst() {
    throw new RangeError("at once");
  }

  /** Waits until it is given up. */
  @requests({ on: "/wait" })
  async *wait(_docs: DocumentArray, { signal }: RequestContext) {
    this.#open++;
    try {
      yield { text: "first" };
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
      yield { text: "too late" };
    } finally {
      this.#open--;
    }
  }

  /** Never ends, and never looks at its signal. */
  @requests({ on: "/endless" })
  async *endless(_docs: DocumentArray, { parameters }: RequestContext) {
    this.#open++;
    this.#made = 0;
    try {
      for (;;) yield { text: "x".repeat(Number(parameters.size ?? 1)), tags: { n: this.#made++ } };
    } finally {
      this.#open--;
    }
  }

  @requests({ on: "/plain" })
  plain(docs: DocumentArray) {
    for (const doc of docs) doc.text += "!";
    return { some: "result" };
  }

  @requests({ on: "/state" })
  state() {
    return { open: this.#open, made: this.#made };
  }
}

/** Comes after it, and before. */
export class Marks extends Executor {
  @requests({ on: ["/count", "/plain"] })
  mark(docs: DocumentArray) {
    for (const doc of docs) doc.text = `${doc.text.trim()}>${docs.length}`;
  }
}

/** Streams what it gets, and makes something else of it. */
export class Twice extends Executor {
  @requests({ on: ["/count", "/plain"] })
  async *twice(docs: DocumentArray) {
    for (const { id, text } of docs) {
      yield { id: `${id}a`, text: `a ${text.trim()}` };
      yield { id: `${id}b`, text: `b ${text.trim()}` };
    }
  }
}
