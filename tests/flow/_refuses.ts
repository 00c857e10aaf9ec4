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
}
