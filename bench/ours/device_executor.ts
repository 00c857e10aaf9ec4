import { type DocumentArray, Executor, requests } from "../../mod.ts";

/** Waits for a device that takes 20 ms a request, one request at a time. */
export class DeviceExecutor extends Executor {
  #last: Promise<void> = Promise.resolve();

  @requests()
  async foo(docs: DocumentArray) {
    this.#last = this.#last.then(() => new Promise((resolve) => setTimeout(resolve, 20)));
    await this.#last;
    for (const doc of docs) doc.text = `${doc.text}!`;
  }
}
