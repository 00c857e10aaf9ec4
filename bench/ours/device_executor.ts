import { type DocumentArray, Executor, requests } from "../../mod.ts";

/** How long the device takes for a request, in milliseconds. */
const DEVICE_MS = Number(Deno.env.get("DEVICE_MS") ?? 20);

/** Waits for a device that handles one request at a time. */
export class DeviceExecutor extends Executor {
  #last: Promise<void> = Promise.resolve();

  @requests()
  async foo(docs: DocumentArray) {
    if (DEVICE_MS > 0) {
      this.#last = this.#last.then(() => new Promise((resolve) => setTimeout(resolve, DEVICE_MS)));
      await this.#last;
    }
    for (const doc of docs) doc.text = `${doc.text}!`;
  }
}
