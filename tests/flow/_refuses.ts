/** An Executor that refuses requests. */
import { type DocumentArray, Executor, RequestError, requests } from "../../mod.ts";

/** As another copy of the library has it. */
class OtherRequestError extends Error {
  readonly code = "REQUEST_REFUSED";
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

export class Refuses extends Executor {
  @requests({ on: "/find" })
  find(docs: DocumentArray) {
    const status = Number(docs[0].text);
    throw new RequestError(status, `no, since ${status}`);
  }

  @requests({ on: "/copy" })
  copy() {
    throw new OtherRequestError(410, "gone");
  }

  @requests({ on: "/late" })
  *late() {
    yield { text: "first" };
    throw new RequestError(409, "too late");
  }

  @requests({ on: "/early" })
  *early(docs: DocumentArray) {
    if (docs.length > 0) throw new RequestError(412, "too early");
    yield { text: "first" };
  }

  @requests({ on: "/batch", batch: { size: 2, wait: 5000 } })
  batch() {
    throw new RequestError(418, "no batch");
  }

  @requests({ on: "/bad" })
  status(docs: DocumentArray) {
    throw new RequestError(JSON.parse(docs[0].text), "bad");
  }
}

/** Counts the requests that reach it. */
export class Counts extends Executor {
  #count = 0;

  @requests()
  count(docs: DocumentArray) {
    this.#count++;
    for (const doc of docs) doc.tags.count = this.#count;
  }
}
