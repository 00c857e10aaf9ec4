/** Executors that ask for headers, and report what they get. */
import { type DocumentArray, Executor, type RequestContext, requests } from "../../mod.ts";

class Base extends Executor {
  protected note(docs: DocumentArray, { headers }: RequestContext) {
    for (const doc of docs) doc.tags[this.constructor.name] = { ...headers };
  }
}

export class First extends Base {
  @requests({ on: "/both", headers: ["Authorization"] })
  both(docs: DocumentArray, context: RequestContext) {
    this.note(docs, context);
  }

  @requests({ on: "/none" })
  none(docs: DocumentArray, context: RequestContext) {
    this.note(docs, context);
  }
}

export class Second extends Base {
  @requests({ headers: ["x-tenant", "x-missing"] })
  rest(docs: DocumentArray, context: RequestContext) {
    this.note(docs, context);
  }
}

const ODD = ["X-Tenant", "x!odd", "x-empty", "cookie", "x-missing", "x-raw-bin"];

/** Notes headers that are not usual; bound without decorators. */
export class Odd extends Executor {
  static readonly source = import.meta.url;
  static requests = { "/odd": { method: "odd", headers: ODD }, default: { method: "odd", headers: ODD } };

  odd(docs: DocumentArray, { headers }: RequestContext) {
    for (const doc of docs) doc.tags = { ...doc.tags, ...headers };
  }
}
