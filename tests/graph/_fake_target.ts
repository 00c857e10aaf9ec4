import { DownError } from "../../src/errors/mod.ts";
import type { EndpointInfo } from "../../src/protocol/endpoint_info.ts";
import type { ExecutorTarget } from "../../src/protocol/executor_target.ts";
import type { Call, CallAnswer, CallDone, Envelope } from "../../src/protocol/protocol.ts";
import type { RequestContext } from "../../src/protocol/request_context.ts";

/** An Executor without a worker: its documents are a text, to which each handler adds its name. */
export class FakeTarget implements ExecutorTarget {
  endpoints: readonly EndpointInfo[] = [];
  hasDefault = true;
  load = 0;
  downReason: string | undefined;
  /** The calls that it got. */
  readonly calls: Call[] = [];
  /** What it logged. */
  readonly errors: string[] = [];
  readonly logger = {
    log: (level: string, message: unknown) =>
      void this.errors.push(level === "error" ? String(message) : `${level}: ${message}`),
  };
  /** Handles a call that a handler is needed for. */
  handle: (call: Call, context: RequestContext) => CallAnswer | Promise<CallAnswer> = (call) =>
    this.answer(call);

  constructor(readonly name: string, ...paths: string[]) {
    if (paths.length === 0) return;
    this.hasDefault = false;
    this.endpoints = paths.map((path) => ({ path, method: "handle" }));
  }

  binds(endpoint: string): boolean {
    return this.hasDefault || this.endpoints.some(({ path }) => path === endpoint);
  }

  async call(call: Call, context: RequestContext): Promise<CallAnswer> {
    this.calls.push(call);
    if (this.downReason !== undefined) throw new DownError(this.downReason);
    if (!call.parseOnly) return await this.handle(call, context);
    const docs = documentsOf(call);
    if (context.stream === undefined) return done(call, docs);
    return this.stream(call, context, docs);
  }

  /** The answer of a handler that adds the Executor's name to the documents. */
  answer(call: Call): CallDone<string> {
    return done(call, `${documentsOf(call)}>${this.name}`);
  }

  /** Streams one document, then answers without documents. */
  stream(call: Call, { stream }: RequestContext, doc: string): CallAnswer {
    stream?.begin();
    stream?.push(doc);
    return done(call, "");
  }
}

/** The documents of a call, with branches merged. */
function documentsOf({ body, branches }: Call): string {
  return branches === undefined ? String(body) : `(${branches.join("+")})`;
}

function done({ envelope, endpoint = "/" }: Call, docs: string): CallDone<string> {
  return { kind: "done", docs, endpoint, ...envelope as Envelope<string> | undefined };
}
