/** An Executor for topologies, which a test controls with parameters for each of its nodes. */
import { DocumentArray, type DocumentInit, Executor, type RequestContext, requests } from "../../mod.ts";

export class NodeExecutor extends Executor {
  /** Adds its name to each document; waits at a latch before that, when there is one. */
  @requests
  async pass(docs: DocumentArray, { parameters }: RequestContext) {
    if (typeof parameters.latch === "string") await (await fetch(parameters.latch)).text();
    for (const doc of docs) {
      doc.text += `>${this.runtime.deployment}`;
      doc.tags[this.runtime.deployment] = true;
    }
  }
  @requests({ on: "/set" })
  set(docs: DocumentArray, { parameters }: RequestContext) {
    for (const doc of docs) {
      for (const name of parameters.unset as string[] ?? []) {
        delete (doc as unknown as Record<string, unknown>)[name];
      }
      Object.assign(doc, parameters.set);
    }
  }
  @requests({ on: "/tag" })
  tag(docs: DocumentArray, { parameters }: RequestContext) {
    for (const doc of docs) Object.assign(doc.tags, parameters.tags);
  }
  /** Answers with the documents in its parameters, if there are any. */
  @requests({ on: "/replace" })
  replace(docs: DocumentArray, { parameters }: RequestContext) {
    return parameters.docs === undefined ? docs : DocumentArray.from(parameters.docs as DocumentInit[]);
  }
  @requests({ on: "/dict" })
  dict() {
    return { from: this.runtime.deployment };
  }
  @requests({ on: "/raise" })
  raise(docs: DocumentArray, { parameters }: RequestContext) {
    if (parameters.fail) throw new RangeError(`${this.runtime.deployment} fails`);
    for (const doc of docs) doc.text = `touched by ${this.runtime.deployment}`;
  }
  /** Changes its parameters, and tags each document with those that it got. */
  @requests({ on: "/parameters" })
  parameters(docs: DocumentArray, { parameters }: RequestContext) {
    const seen = JSON.stringify(parameters);
    parameters.added = this.runtime.deployment;
    Object.assign(parameters.deep ?? {}, { added: this.runtime.deployment });
    for (const doc of docs) doc.tags[this.runtime.deployment] = seen;
  }
}

/** Binds one endpoint, and has no default handler. */
export class Only extends Executor {
  @requests({ on: "/only" })
  only(docs: DocumentArray) {
    for (const doc of docs) doc.text += `>only ${this.runtime.deployment}`;
  }
}
