import { type DocumentArray, Executor, requests } from "../../mod.ts";

/** Takes as long as a call to a model elsewhere. */
export class PatientExecutor extends Executor {
  @requests()
  async foo(docs: DocumentArray) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const doc of docs) doc.tags[this.runtime.deployment] = true;
  }
}
