/** Handlers that leave documents which cannot be sent. */
import { type Document, type DocumentArray, Executor } from "../../mod.ts";

const UNFIT = ["number", "pushed", "holes", "returned", "chunks", "embedding"];

export class Unfit extends Executor {
  static readonly source = import.meta.url;
  static requests = Object.fromEntries(UNFIT.map((name) => [`/${name}`, name]));

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
}
