import { z } from "zod";
import { type DocumentArray, Executor, type RequestContext, RequestError, requests } from "../../mod.ts";

/** Handles one endpoint only. */
export class Second extends Executor {
  static readonly source = import.meta.url;
  static requests = { "/foo": "foo" };
  foo() {}
}

/** An endpoint whose label has to be escaped. */
export const QUOTED = '/say "a\\\\b"\\n';

/** Ends requests in all ways. */
export class Ways extends Executor {
  @requests({ on: ["/done", QUOTED] })
  done() {}

  @requests({ on: "/refuse" })
  refuse() {
    throw new RequestError(409, "not now,\nbut later");
  }

  @requests({ on: "/refuse-batch", batch: { size: 3, wait: 60_000 } })
  refuseBatch() {
    throw new RequestError(409, "not now");
  }

  @requests({ on: "/typed", input: z.object({ price: z.number() }) })
  typed() {}

  @requests({ on: "/fail" })
  fail() {
    throw new Error("no model");
  }

  @requests({ on: "/stream" })
  *stream(docs: DocumentArray) {
    yield* docs;
  }

  /** Logs that it has begun, and waits until the request is given up. */
  @requests({ on: "/wait" })
  async wait(_docs: DocumentArray, { signal }: RequestContext) {
    this.logger.info("begun");
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
  }

  /** Does not answer before the batch is full. */
  @requests({ on: "/batch", batch: { size: 8, wait: 20 } })
  async batch(_docs: DocumentArray, { parameters }: RequestContext) {
    if (parameters.url) await fetch(String(parameters.url)).then((response) => response.text());
  }
}
