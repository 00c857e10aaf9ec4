import { type DocumentArray, Executor, requests } from "../../mod.ts";

export class TextExecutor extends Executor {
  @requests()
  foo(docs: DocumentArray) {
    for (const doc of docs) doc.text = `${doc.text}!`;
  }
}
