/** Executors that are called over gRPC, and those in front of them. */
import {
  Document,
  type DocumentArray,
  Executor,
  type RequestContext,
  RequestError,
  requests,
} from "../../mod.ts";

export class Far extends Executor {
  #waits = Promise.withResolvers<void>();

  @requests({ on: "/shout" })
  shout(docs: DocumentArray) {
    for (const doc of docs) doc.text = doc.text.toUpperCase();
  }

  @requests({ on: "/headers", headers: ["x-tenant"] })
  tenant(docs: DocumentArray, { headers }: RequestContext) {
    for (const doc of docs) doc.tags.headers = { ...headers };
  }

  @requests({ on: "/parameters" })
  parameters(_: DocumentArray, { parameters }: RequestContext) {
    return { got: parameters };
  }

  @requests({ on: "/raise" })
  fail() {
    throw new RangeError("boom");
  }

  @requests({ on: "/wait" })
  async wait(_: DocumentArray, { signal }: RequestContext) {
    this.#waits.resolve();
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  }

  /** Answers once another call waits. */
  @requests({ on: "/waits" })
  async waits() {
    await this.#waits.promise;
    this.#waits = Promise.withResolvers();
  }

  @requests({ on: "/refuse" })
  refuse() {
    throw new RequestError(418, "a teapot");
  }

  @requests({ on: "/count" })
  async *count(docs: DocumentArray) {
    for (const { text } of docs) {
      for (let index = 0; index < 3; index++) yield new Document({ text: `${text}${index}` });
    }
  }

  @requests({ on: "/half" })
  async *half() {
    yield new Document({ text: "the first" });
    throw new RangeError("no second one");
  }
}

/** Its default handler asks for headers. */
export class AnyHeaders extends Executor {
  @requests({ headers: ["x-tenant"] })
  any(docs: DocumentArray, { headers }: RequestContext) {
    for (const doc of docs) doc.tags.headers = { ...headers };
  }
}

/** Adds to the text what has handled it; binds what {@linkcode Far} does, and more. */
export class Near extends Executor {
  @requests({ on: ["/shout", "/near"] })
  mark(docs: DocumentArray) {
    for (const doc of docs) doc.text += `+${String(this.metas.name)}`;
  }
}

/** Appends the kind of the embedding that it gets, and makes one of 32 bits. */
export class Embed extends Executor {
  @requests({ on: "/embed" })
  embed(docs: DocumentArray) {
    for (const doc of docs) {
      doc.text += `>${doc.embedding?.constructor.name}`;
      doc.embedding = new Float32Array([1, 2]);
    }
  }
}

/** Sets a tag of its own, for branches. */
export class Tag extends Executor {
  @requests({ on: "/shout" })
  tag(docs: DocumentArray) {
    for (const doc of docs) doc.tags.tag = doc.text;
  }
}

/** Answers every endpoint with its name. */
export class AnyEndpoint extends Executor {
  @requests()
  any(docs: DocumentArray, { endpoint }: RequestContext) {
    for (const doc of docs) doc.text = endpoint;
  }
}
