import { type DocumentArray, Executor, type RequestContext, RequestError, requests } from "../../mod.ts";

const BATCH = { size: 8, wait: 20 };

/** Handles batches, and says in each document in which one it was. */
export class Batches extends Executor {
  #calls = 0;

  @requests({ on: "/number", batch: BATCH })
  async number(docs: DocumentArray, { requestIds, parameters, signal }: RequestContext) {
    const call = ++this.#calls;
    for (const doc of docs) {
      if (doc.text === "fail") throw new Error("this batch fails");
      if (doc.text === "refuse") throw new RequestError(409, "this batch is refused");
    }
    await new Promise((resolve) => setTimeout(resolve, Number(parameters.ms ?? 5)));
    for (const doc of docs) {
      doc.tags = { call, documents: docs.length, requests: requestIds.length, aborted: signal.aborted };
    }
  }

  @requests({ on: "/reverse", batch: BATCH })
  reverse(docs: DocumentArray) {
    return [...docs].reverse();
  }

  @requests({ on: "/lose", batch: BATCH })
  lose() {
    return [{ id: "nobody's" }];
  }
}
