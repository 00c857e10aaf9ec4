import { type DocumentArray, Executor, requests } from "@hotflow/hotflow";

export class Shout extends Executor {
  @requests()
  shout(docs: DocumentArray) {
    for (const doc of docs) doc.text = `${doc.text.toUpperCase()}!`;
  }
}
