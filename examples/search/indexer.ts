import { Document, type DocumentArray, Executor, type RequestContext, requests } from "@hotflow/hotflow";
import { score } from "./scoring.ts";

/** What is kept of a note. */
interface Note {
  readonly uri: string;
  readonly text: string;
  readonly embedding: Float64Array;
}

/** Keeps the notes in memory, and finds those that answer a query best. */
export class Indexer extends Executor {
  #notes = new Map<string, Note>();

  @requests({ on: "/index" })
  index(docs: DocumentArray) {
    for (const { uri = "", text, embedding } of docs) {
      this.#notes.set(uri, { uri, text, embedding: embedding as Float64Array });
    }
    return { notes: this.#notes.size };
  }

  @requests({ on: "/search" })
  search(docs: DocumentArray, { parameters: { limit = 3 } }: RequestContext) {
    for (const doc of docs) {
      const query = doc.embedding as Float64Array;
      const found = [...this.#notes.values()]
        .map(({ uri, text, embedding }) => ({ uri, text, value: score(query, embedding) }))
        .sort((one, other) => other.value - one.value)
        .slice(0, Number(limit));
      for (const { uri, text, value } of found) {
        doc.matches.push(new Document({ uri, text, scores: { score: { value } } }));
      }
      doc.embedding = undefined;
    }
  }

  /** A reload hands the index to the next version: nothing is indexed twice. */
  saveState() {
    return this.#notes;
  }

  restoreState(notes: Map<string, Note>) {
    this.#notes = notes;
  }
}
