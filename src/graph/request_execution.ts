import { CutError, DownError, formatError } from "../errors/mod.ts";
import type { FlowAnswer, FlowFailure, FlowRequest, FlowResult, Route } from "../gateway/backend.ts";
import type { ExecutorTarget } from "../protocol/executor_target.ts";
import type { Call, CallAnswer, CallDone, Envelope, ReplicaResult } from "../protocol/protocol.ts";
import type { RequestContext } from "../protocol/request_context.ts";
import { isTarget } from "../protocol/target_pattern.ts";
import { runOnAnyWorker } from "./_run_on_any_worker.ts";
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
  /** The node whose documents are streamed. */
  #streamingNode?: GraphNode;
  /** The context of all other nodes, whose documents are collected. */
  readonly #collecting: RequestContext;

  constructor(
    private readonly targets: readonly ExecutorTarget[],
    private readonly request: FlowRequest,
    private readonly context: RequestContext,
  ) {
    const { id, cancel, stream } = context;
    this.#collecting = stream === undefined ? context : { id, cancel };
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
      if (!(error instanceof DownError)) return this.#fail(error as Error, call, node, startTime);
      if (call.envelope !== undefined) {
        return this.#finish({ kind: "down", reason: error.message }, node.rank);
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

  /** Has any worker stream the documents, when no node does. */
  streamOnAnyWorker(call: Call): Promise<Call | undefined> {
    return this.runOnAnyWorker(call, this.context);
  }

  /** Has any worker decode the request or merge branches; `undefined` when the request ends here. */
  async runOnAnyWorker(call: Call, context = this.#collecting): Promise<Call | undefined> {
    try {
      const answer = await runOnAnyWorker(this.targets, call, context);
      if (answer.kind === "invalid") return this.#finish(answer);
      if (call.envelope === undefined && this.#isUnbound(answer.endpoint)) {
        return this.#finish({ kind: "unbound", endpoint: answer.endpoint });
      }
      return nextCall(answer, call);
    } catch (error) {
      if (error instanceof DownError) return this.#finish({ kind: "down", reason: error.message });
      return this.#fail(error as Error, call);
    }
  }

  /** The answer; `last` are the documents after the last node. */
  answer(last?: Call): FlowAnswer {
    const outcome = this.#end?.outcome;
    if (outcome === undefined) return this.#result(last);
    return outcome.kind === "failed" ? this.#result(outcome.last, outcome.error) : outcome;
  }

  #result(last: Call | undefined, error?: FlowFailure): FlowResult {
    return {
      kind: "done",
      requestId: last?.requestId ?? this.context.id,
      endpoint: last?.envelope?.endpoint ?? this.request.endpoint,
      parameters: last?.envelope?.parameters,
      docs: last?.body,
      routes: withoutGaps(this.#routes),
      results: withoutGaps(this.#results),
      error,
    };
  }

  #accept(answer: CallAnswer, call: Call, node: GraphNode, startTime: number): Call | undefined {
    if (answer.kind === "invalid") return this.#finish(answer, node.rank);
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

  /** Ends the request without an answer of the Executor: it took too long, the client is gone, or the worker ended. */
  #fail(failure: Error, call: Call, node?: GraphNode, startTime = 0): undefined {
    const { name, message } = failure;
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
