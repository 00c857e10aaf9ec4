/** An Executor that waits until its request is given up, and says why in the log. */
import { type DocumentArray, Executor, type RequestContext, requests } from "../../mod.ts";

export class Slow extends Executor {
  @requests({ on: "/wait" })
  async wait(_docs: DocumentArray, { signal, requestId }: RequestContext) {
    this.logger.info(`${requestId} waits`);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    this.logger.info(`${requestId} was given up: ${signal.reason.name} ${signal.reason.message}`);
  }
  @requests({ on: "/fine" })
  fine(docs: DocumentArray, { signal }: RequestContext) {
    docs[0].text = `aborted: ${signal.aborted}`;
  }
}
