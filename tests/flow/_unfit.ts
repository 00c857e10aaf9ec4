/** Handlers that leave documents which cannot be sent. */
import { Document, type DocumentArray, Executor } from "../../mod.ts";

const UNFIT = ["number", "pushed", "holes", "returned", "chunks", "embedding"];
const LOST = ["weight", "scores", "tags", "map", "promises", "result", "results", "cycle", "stream", "end"];

export class Unfit extends Executor {
  static readonly source = import.meta.url;
  static requests = Object.fromEntries([...UNFIT, ...LOST].map((name) => [`/${name}`, name]));

  number(docs: DocumentArray) {
    docs[0].text = 5 as unknown as string;
  }
  pushed(docs: DocumentArray) {
    docs.push(5 as unknown as Document);
  }
  holes(docs: DocumentArray) {
    docs[5] = docs[0];
  }
  returned() {
    return [{ text: { a: 1 } }];
  }
  chunks(docs: DocumentArray) {
    docs[0].chunks = "x" as unknown as DocumentArray;
  }
  embedding(docs: DocumentArray) {
    docs[0].embedding = [1, NaN];
  }
  weight(docs: DocumentArray) {
    docs[1].weight = NaN;
  }
  scores(docs: DocumentArray) {
    docs[0].matches.push(new Document({ scores: { cos: { value: -Infinity } } }));
  }
  tags(docs: DocumentArray) {
    docs[0].tags["two words"] = [{ at: new Error("lost") }];
  }
  map(docs: DocumentArray) {
    docs[0].tags = new Map([["a", 1]]) as unknown as Record<string, unknown>;
  }
  promises(docs: DocumentArray) {
    // What `map()` of an async function gives.
    return docs.map((doc) => Promise.resolve(doc));
  }
  result() {
    return { seen: 1, best: { score: NaN } };
  }
  results() {
    return { list: [1n] };
  }
  cycle() {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    return cycle;
  }
  *stream() {
    yield { text: "fine" };
    yield { tags: { at: new Set() } };
  }
  async *end() {
    yield await Promise.resolve({ text: "fine" });
    return { took: Infinity };
  }
}
