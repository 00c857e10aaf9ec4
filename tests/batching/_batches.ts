import { z } from "zod";
import {
  type DocumentArray,
  Executor,
  type RequestContext,
  RequestError,
  requests,
  type Typed,
} from "../../mod.ts";

const BATCH = { size: 8, wait: 20 };
/** A wait that no test has the patience for. */
const LONG = { size: 8, wait: 60_000 };

const input = z.object({ word: z.string().transform((word) => word.toUpperCase()) });
const output = z.object({ word: z.string(), length: z.number().max(4) });
const parameters = z.object({ times: z.coerce.number().default(1) });

/** Handles batches, and says in each document in which one it was. */
export class Batches extends Executor {
  #calls = 0;
  readonly #seen: string[] = [];

  @requests({ on: "/number", batch: BATCH })
  async number(docs: DocumentArray, { requestIds, parameters, signal }: RequestContext) {
    const call = ++this.#calls;
    this.#seen.push(...docs.map(({ id }) => id));
    for (const doc of docs) {
      if (doc.text === "fail") throw new Error("this batch fails");
      if (doc.text === "refuse") throw new RequestError(409, "this batch is refused");
    }
    await new Promise((resolve) => setTimeout(resolve, Number(parameters.ms ?? 5)));
    const { replica } = this.runtime;
    for (const doc of docs) {
      doc.tags = {
        call,
        replica,
        documents: docs.length,
        requests: requestIds.length,
        aborted: signal.aborted,
      };
    }
  }

  /** The ids of all documents that `number()` has had. */
  @requests({ on: "/seen" })
  seen() {
    return this.#seen.map((id) => ({ id }));
  }

  /** Fetches the addresses that documents have as their text. */
  @requests({ on: ["/hold", "/hold-too"], batch: LONG })
  async hold(docs: DocumentArray, { requestIds, endpoint, signal }: RequestContext) {
    signal.addEventListener("abort", () => this.logger.info(`gone: ${requestIds.length} requests`));
    for (const { text } of docs.filter(({ text }) => text !== "")) await (await fetch(text)).text();
    for (const doc of docs) doc.tags = { endpoint, requests: requestIds.length };
  }

  @requests({ on: "/alone", batch: { size: 1, wait: 0 } })
  alone(docs: DocumentArray, { requestIds }: RequestContext) {
    for (const doc of docs) doc.tags = { requests: requestIds.length };
  }

  @requests({ on: "/at-once", batch: { size: 8, wait: 0 } })
  atOnce(docs: DocumentArray, context: RequestContext) {
    return this.hold(docs, context);
  }

  @requests({ on: "/reverse", batch: BATCH })
  reverse(docs: DocumentArray) {
    return [...docs].reverse();
  }

  /** New documents, in another order. */
  @requests({ on: "/renew", batch: BATCH })
  renew(docs: DocumentArray) {
    return docs.toReversed().map(({ id, text }) => ({ id, text }));
  }

  @requests({ on: "/lose", batch: BATCH })
  lose() {
    return [{ id: "nobody's" }];
  }

  @requests({ batch: LONG })
  others(docs: DocumentArray, { endpoint, requestIds }: RequestContext) {
    for (const doc of docs) doc.tags = { endpoint, requests: requestIds.length };
  }

  @requests({ on: "/typed", input, output, parameters, batch: BATCH })
  typed(
    docs: Typed<typeof input>[],
    { parameters: { times }, requestIds }: RequestContext<{ times: number }>,
  ) {
    if (docs.some(({ word }) => word === "FAIL")) throw new Error("this batch fails");
    return docs.toReversed().map(({ id, word }) => ({
      id,
      word: `${word.repeat(times)} of ${requestIds.length}`,
      length: word.length,
    }));
  }
}

/** Cannot be loaded. */
export class Generates extends Executor {
  static readonly source = import.meta.url;
  static readonly requests = { "/x": { method: "stream", batch: BATCH } };
  *stream(docs: DocumentArray) {
    yield* docs;
  }
}
