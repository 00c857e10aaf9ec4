import { type DocumentArray, Executor, requests } from "@hotflow/hotflow";

export class Greeter extends Executor {
  @requests({ on: "/greet" })
  greet(docs: DocumentArray) {
    for (const doc of docs) doc.text = `Hello, ${doc.text}!`;
  }
}
