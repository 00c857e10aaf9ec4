import { CutError, DownError, formatError } from "../errors/mod.ts";
import type { FlowAnswer, FlowFailure, FlowRequest, FlowResult, Route } from "../gateway/backend.ts";
import type { ExecutorTarget } from "../protocol/executor_target.ts";
import type { Call, CallAnswer, CallDone, Envelope, ReplicaResult } from "../protocol/protocol.ts";
import type { RequestContext } from "../protocol/request_context.ts";
import { isTarget } from "../protocol/target_pattern.ts";
import type { GraphNode } from "./graph.ts";

/** Why a request ends before it has passed all nodes. */
type Outcome = Exclude<FlowAnswer, FlowResult> | {
  readonly kind: "failed";
  readonly error: FlowFailure;
  /** The documents as they were then. */
  readonly last?: Call;
};

/** One request on its way through the graph. Its methods do not reject: the first error becomes the answer. */
export class RequestExecution {
  /** The routes, by the rank of their nodes. */
  readonly #routes: Route[] = [];
  /** The results of handlers, by the rank of their nodes. */
  readonly #results: ReplicaResult[] = [];
  /** Why the request ends early; of several branches, the first one counts. */
  #end?: { readonly rank: number; readonly outcome: Outcome };
  #streamingNode?: GraphNode;
  /** The context of all other nodes, whose documents are collected. */
  readonly #collecting: RequestContext;

  constructor(
    private readonly targets: readonly ExecutorTarget[],
    private readonly request: FlowRequest,
    readonly context: RequestContext,
  ) {
    const { stream, ...others } = context;
    this.#collecting = stream === undefined ? context : others;
  }

  /** Has a node's Executor handle the documents; `undefined` when the request ends here. */
  async visit(node: GraphNode, call: Call): Promise<Call | undefined> {
    const target = this.targets[node.index];
    const startTime = Date.now();
    const isStreaming = node === this.#streamingNode;
    // The nodes after a stream were skipped when it began, even if a reload has bound the endpoint there since.
    const isAfterStream = !isStreaming && this.#streamingNode !== undefined && this.context.stream?.hasBegun;
    if (isAfterStream || (call.envelope !== undefined && !isNeeded(target, call.envelope))) {
      this.#addRoute(node, startTime);
      return call.branches === undefined ? call : this.runOnAnyWorker(call);
    }
    try {
      const answer = await target.call(call, isStreaming ? this.context : this.#collecting);
      return this.#accept(answer, call, node, startTime);
    } catch (error) {
      const isDecoded = call.envelope !== undefined;
      if (isDecoded || !(error instanceof DownError)) {
        return this.#fail(error as Error, call, node, startTime);
      }
      // Whether the request needs this Executor is known only once the request is decoded.
      const decoded = await this.runOnAnyWorker(call);
      return decoded && this.visit(node, decoded);
    }
  }

  /** Streams the documents of the last node that handles the request, if there is exactly one. */
  streamFrom([node, ...others]: readonly GraphNode[], envelope: Envelope | undefined): void {
    if (node === undefined || others.length > 0) return;
    const isLast = envelope === undefined || isNeeded(this.targets[node.index], envelope);
    if (isLast) this.#streamingNode = node;
    else this.streamFrom(node.needs, envelope);
  }

  /**
   * Has a worker of any Executor decode the request or merge branches; `undefined` when the request ends here. With a
   * `context.stream`, the documents are pushed there.
   */
  async runOnAnyWorker(call: Call, context = this.#collecting): Promise<Call | undefined> {
    try {
      const answer = await this.#parse({ ...call, parseOnly: true }, context);
      if (answer.kind !== "done") return this.#finish(answer);
      if (call.envelope === undefined && this.#isUnbound(answer.endpoint)) {
        return this.#finish({ kind: "unbound", endpoint: answer.endpoint });
      }
      return nextCall(answer, call);
    } catch (error) {
      return this.#fail(error as Error, call);
    }
  }

  /** The answer of the first worker that gives one: nothing has a side effect, so that it can be repeated. */
  async #parse(call: Call, context: RequestContext): Promise<CallAnswer> {
    let failure: unknown;
    // The difference of two infinite loads is not a number.
    for (const target of this.targets.toSorted((a, b) => a.load - b.load || 0)) {
      try {
        return await target.call(call, context);
      } catch (error) {
        if (context.cancel.reason !== undefined || context.stream?.hasBegun) throw error;
        failure ??= error;
      }
    }
    throw failure;
  }

  /** The answer; `last` are the documents after the last node. */
  answer(last?: Call): FlowAnswer {
    const outcome = this.#end?.outcome;
    if (outcome !== undefined && outcome.kind !== "failed") return outcome;
    const call = outcome === undefined ? last : outcome.last;
    return {
      kind: "done",
      requestId: call?.requestId ?? this.context.id,
      endpoint: call?.envelope?.endpoint ?? this.request.endpoint,
      parameters: call?.envelope?.parameters,
      docs: call?.body,
      routes: withoutGaps(this.#routes),
      results: withoutGaps(this.#results),
      error: outcome?.error,
    };
  }

  #accept(answer: CallAnswer, call: Call, node: GraphNode, startTime: number): Call | undefined {
    if (answer.kind === "refused") {
      const { endpoint, status, message } = answer;
      this.targets[node.index].logger.info(`refused a request for ${endpoint}: ${status} ${message}`);
    }
    if (answer.kind !== "done") return this.#finish(answer, node.rank);
    const { endpoint, error, result } = answer;
    if (answer.unbound && this.#isUnbound(endpoint)) {
      return this.#finish({ kind: "unbound", endpoint }, node.rank);
    }
    this.#addRoute(node, startTime, error?.info);
    if (result !== undefined) this.#results[node.rank] = result;
    const next = nextCall(answer, call);
    if (error === undefined) return next;
    this.targets[node.index].logger.error(`a request for ${endpoint} failed: ${formatError(error.info)}`);
    return this.#finish({ kind: "failed", last: next, error: { ...error, reason: "failed" } }, node.rank);
  }

  /** Ends the request without an answer: it is down, it took too long, the client is gone, or the worker ended. */
  #fail(failure: Error, call: Call, node?: GraphNode, startTime = 0): undefined {
    const { name, message } = failure;
    if (failure instanceof DownError) return this.#finish({ kind: "down", reason: message }, node?.rank);
    const info = { name, message, stack: "" };
    if (node !== undefined) this.#addRoute(node, startTime, info);
    const isLate = this.context.cancel.reason?.name === "TimeoutError";
    const reason = isLate ? "deadline" : failure instanceof CutError ? "cut" : "failed";
    const error = { info, executor: node?.name ?? "gateway", reason } as const;
    return this.#finish({ kind: "failed", error, ...(call.envelope && { last: call }) }, node?.rank);
  }

  #finish(outcome: Outcome, rank = 0): undefined {
    if (this.#end === undefined || rank < this.#end.rank) this.#end = { rank, outcome };
  }

  #addRoute({ name, rank }: GraphNode, startTime: number, error?: Route["error"]): void {
    this.#routes[rank] = { executor: name, startTime, endTime: Date.now(), error };
  }

  #isUnbound(endpoint: string): boolean {
    return this.targets.every((target) => target.binds(endpoint) === false);
  }
}

/** Whether an Executor has to handle a request; it is skipped when it does not bind the endpoint or is not addressed. */
function isNeeded(target: ExecutorTarget, { endpoint, target: pattern = "" }: Envelope): boolean {
  return target.binds(endpoint) !== false && isTarget(pattern, target.name);
}

/** The call of the next node. The answer of the first node, which has decoded the request, gives the envelope. */
function nextCall({ docs, requestId, endpoint, target, parameters }: CallDone, call: Call): Call {
  const envelope = call.envelope ?? {
    endpoint,
    ...(target !== undefined && { target }),
    ...(parameters !== undefined && { parameters }),
  };
  const next = { body: docs, requestId: requestId ?? call.requestId, envelope };
  return call.codec === undefined ? next : { ...next, codec: call.codec };
}

/** A sparse list without its gaps, which skipped nodes leave. */
function withoutGaps<T>(list: readonly T[]): T[] {
  return list.filter(() => true);
}
