import { type DocumentArray, Executor, requests } from "@hotflow/hotflow";

export class MyExecutor extends Executor {
  @requests()
  foo(docs: DocumentArray) {
    for (const doc of docs) doc.text = "I am coming from the first version of MyExecutor";
  }
}
