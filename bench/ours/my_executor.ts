import { type DocumentArray, Executor, requests } from "../../mod.ts";

export class MyExecutor extends Executor {
  @requests()
  foo(docs: DocumentArray) {
    for (const doc of docs) doc.text = "version 0.";
  }
}
