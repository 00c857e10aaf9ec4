/** An Executor whose handlers fail in every way. */
import { type DocumentArray, Executor, requests } from "../../mod.ts";

class OutOfStock extends Error {
  override name = "OutOfStock";
}

export class Throws extends Executor {
  @requests({ on: "/sync" })
  sync(docs: DocumentArray) {
    docs[0].text = "touched";
    throw new OutOfStock("none left");
  }
  @requests({ on: "/async" })
  async later(docs: DocumentArray) {
    await Promise.resolve();
    docs[0].text = "touched";
    throw new OutOfStock("none left");
  }
  @requests({ on: "/text" })
  text() {
    throw "plain text";
  }
  @requests({ on: "/nothing" })
  nothing() {
    return Promise.reject();
  }
  @requests({ on: "/round" })
  round(docs: DocumentArray) {
    docs[0].tags.self = docs[0].tags;
  }
  @requests({ on: "/bigint" })
  bigint(docs: DocumentArray) {
    docs[0].tags.big = 1n;
  }
  @requests({ on: "/fine" })
  fine() {}
}
