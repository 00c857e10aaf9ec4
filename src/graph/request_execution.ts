import { DownError, formatError } from "../errors/mod.ts";
import type { FlowAnswer, FlowFailure, FlowRequest, FlowResult, Route } from "../gateway/backend.ts";
import { inspectJson } from "../gateway/inspect_json.ts";
import { printable } from "../log/printable.ts";
import { reasonOf } from "../protocol/failure_reason.ts";
import type { ExecutorTarget } from "../protocol/executor_target.ts";
import type {
  Call,
  CallAnswer,
  CallDone,
  Envelope,
  ReplicaResult,
  RequestFacts,
} from "../protocol/protocol.ts";
import type { RequestContext } from "../protocol/request_context.ts";
import type { RequestObserver, Station } from "../metrics/request_observer.ts";
import type { Outcome } from "../metrics/flow_metrics.ts";
import { isTarget } from "../protocol/target_pattern.ts";
import type { GraphNode } from "./graph.ts";

/** Why a request ends before it has passed all nodes. */
type Ending = Exclude<FlowAnswer, FlowResult> | {
  readonly kind: "failed";
  readonly error: FlowFailure;
  /** The documents as they were then. */
  readonly last?: Call;
};

/** A node that a request is at. */
interface Visit {
  readonly node: GraphNode;
  /** When it began, in milliseconds since 1970 and as `performance.now()`. */
  readonly startTime: number;
  readonly begun: number;
}

/** One request on its way through the graph. Its methods do not reject: the first error becomes the answer. */
export class RequestExecution {
  /** The calls of Executors; empty unless the request is logged. */
  readonly stations: Station[] = [];
  /** The routes, by the rank of their nodes. */
  readonly #routes: Route[] = [];
  /** The results of handlers, by the rank of their nodes. */
  readonly #results: (readonly ReplicaResult[])[] = [];
  /** Why the request ends early; of several branches, the first one counts. */
  #end?: { readonly rank: number; readonly ending: Ending };
  /** The endpoint and the request's own id, as soon as they are known. */
  #endpoint?: string;
  #ownId?: string;
  #streamingNode?: GraphNode;
  // Reading the clock costs time: a call that begins or ends with the request shares its reading.
  readonly #startedAt: number;
  /** When the first call begins, until another step takes time. */
  #firstBegun?: number;
  /** When the last call ended, until another step takes time. */
  #lastCallEnd?: number;
  /** The context of all other nodes, whose documents are collected. */
  readonly #collecting: RequestContext;

  constructor(
    private readonly targets: readonly ExecutorTarget[],
    private readonly request: FlowRequest,
    readonly context: RequestContext,
    private readonly observer: RequestObserver,
  ) {
    this.#firstBegun = performance.now();
    this.#startedAt = context.startedAt ?? this.#firstBegun;
    this.#endpoint = request.endpoint;
    const { stream, ...others } = context;
    this.#collecting = stream === undefined ? context : others;
  }

  /** Has a node's Executor handle the documents; `undefined` when the request ends here. */
  async visit(node: GraphNode, call: Call): Promise<Call | undefined> {
    const target = this.targets[node.index];
    const visit = { node, startTime: Date.now(), begun: this.#firstBegun ?? performance.now() };
    this.#firstBegun = undefined;
    const isStreaming = node === this.#streamingNode;
    // The nodes after a stream were skipped when it began, even if a reload has bound the endpoint there since.
    const isAfterStream = !isStreaming && this.#streamingNode !== undefined && this.context.stream?.hasBegun;
    if (isAfterStream || (call.envelope !== undefined && !isNeeded(target, call.envelope))) {
      this.#addRoute(visit);
      return call.branches === undefined ? call : this.runOnAnyWorker(call);
    }
    try {
      const answer = await target.call(call, isStreaming ? this.context : this.#collecting);
      return this.#accept(answer, call, visit);
    } catch (error) {
      const isDecoded = call.envelope !== undefined;
      if (isDecoded || !(error instanceof DownError)) {
        return this.#fail(error as Error, call, visit);
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
    this.#firstBegun = this.#lastCallEnd = undefined;
    try {
      const answer = await this.#parse({ ...call, parseOnly: true }, context);
      this.#learn(answer);
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

  /** How long it has taken so far, in milliseconds. */
  get ms(): number {
    return (this.#lastCallEnd ?? performance.now()) - this.#startedAt;
  }

  /** The request's own id, or else that of its context. */
  get requestId(): string {
    return this.#ownId ?? this.context.id;
  }

  /** The endpoint; `undefined` when it could not be read. */
  get endpoint(): string | undefined {
    return this.#endpoint;
  }

  /** The answer; `last` are the documents after the last node. */
  answer(last?: Call): FlowAnswer {
    const ending = this.#end?.ending;
    if (ending !== undefined && ending.kind !== "failed") return ending;
    const call = ending === undefined ? last : ending.last;
    return {
      kind: "done",
      requestId: call?.requestId ?? this.requestId,
      endpoint: call?.envelope?.endpoint ?? this.endpoint,
      parameters: call?.envelope?.parameters,
      docs: call?.body,
      routes: withoutGaps(this.#routes),
      results: this.#distinctResults(),
      error: ending?.error,
    };
  }

  #accept(answer: CallAnswer, call: Call, visit: Visit): Call | undefined {
    const { node } = visit;
    const { logger } = this.targets[node.index];
    this.#learn(answer);
    if (answer.kind === "refused") {
      const { endpoint, status, message } = answer;
      const line = `refused a request for ${printable(endpoint)}: ${status} ${printable(message)}`;
      logger.log("info", line, undefined, undefined, this.requestId);
    }
    if (answer.kind !== "done") {
      if (answer.kind === "invalid" && answer.isUnhandled) this.#addStation(visit);
      else this.#count(visit, answer.kind, documentsOf(answer), answer.batch);
      return this.#finish(answer, node.rank);
    }
    const { endpoint, error, result, results = result && [result] } = answer;
    if (answer.unbound && this.#isUnbound(endpoint)) {
      return this.#finish({ kind: "unbound", endpoint }, node.rank);
    }
    const isHandled = !answer.unbound && isTarget(answer.target ?? "", node.name);
    if (isHandled) {
      this.#count(visit, error === undefined ? "done" : "failed", documentsOf(answer), answer.batch);
      if (error === undefined) this.observer.events?.answered(node.name);
      else this.observer.events?.threw(node.name, error.info);
    }
    this.#addRoute(visit, error?.info);
    if (results !== undefined) this.#results[node.rank] = results;
    const next = nextCall(answer, call);
    if (error === undefined) return next;
    const line = `a request for ${printable(endpoint)} failed: ${formatError(error.info)}`;
    logger.log("error", line, undefined, undefined, this.requestId);
    return this.#finish({ kind: "failed", last: next, error: { ...error, reason: "failed" } }, node.rank);
  }

  /** Ends the request without an answer: it is down, it took too long, the client is gone, or the worker ended. */
  #fail(failure: Error, call: Call, visit?: Visit): undefined {
    const { name, message } = failure;
    const node = visit?.node;
    const isDown = failure instanceof DownError;
    // Once decoded, only the number of documents is left to find out, and none are counted where there was no call.
    const isKnown = call.envelope !== undefined && (isDown || visit === undefined);
    const facts = isKnown ? {} : this.#inspect(call);
    this.#learn(facts);
    if (isDown) {
      if (visit !== undefined) this.#count(visit, "down");
      return this.#finish({ kind: "down", reason: message }, node?.rank);
    }
    const info = { name, message, stack: "" };
    if (visit !== undefined) this.#addRoute(visit, info);
    const reason = reasonOf(failure, this.context);
    if (visit !== undefined) this.#count(visit, reason, facts.count);
    const error = { info, executor: node?.name ?? "gateway", reason } as const;
    return this.#finish({ kind: "failed", error, ...(call.envelope && { last: call }) }, node?.rank);
  }

  /** What a call that has no answer says of its request. */
  #inspect(call: Call): RequestFacts {
    const { request } = this;
    if (request.inspect !== undefined) return request.inspect(call);
    return request.codec === undefined ? inspectJson(call) : {};
  }

  #learn({ endpoint, requestId }: RequestFacts): void {
    this.#endpoint ??= endpoint;
    this.#ownId ??= requestId;
  }

  #finish(ending: Ending, rank = 0): undefined {
    if (this.#end === undefined || rank < this.#end.rank) this.#end = { rank, ending };
  }

  /** Counts the call of an Executor, with the documents that it was given. */
  #count(visit: Visit, outcome: Outcome, documents?: number, batch?: RequestFacts["batch"]): void {
    const target = this.targets[visit.node.index];
    const ms = this.#addStation(visit, documents);
    this.observer.metrics.addCall(target, this.#endpoint, outcome, ms, { documents, batch });
  }

  /** Notes how long the request was at an Executor; returns it, in milliseconds. */
  #addStation({ node, begun }: Visit, documents?: number): number {
    const now = this.#lastCallEnd = performance.now();
    const ms = now - begun;
    if (this.observer.log !== undefined) {
      this.stations.push({ executor: node.name, ms, ...(documents !== undefined && { documents }) });
    }
    return ms;
  }

  #addRoute({ node: { name, rank }, startTime }: Visit, error?: Route["error"]): void {
    this.#routes[rank] = { executor: name, startTime, endTime: Date.now(), error };
  }

  /** The results of all nodes. Replicas elsewhere may have the same name: later ones get that of their node, too. */
  #distinctResults(): readonly ReplicaResult[] {
    const all = withoutGaps(this.#results);
    if (all.length < 2) return all.flat();
    const distinct = new Map<string, ReplicaResult[1]>();
    for (const [rank, results] of this.#results.entries()) {
      for (const [replica, result] of results ?? []) {
        const isTaken = distinct.has(replica);
        distinct.set(isTaken ? `${this.#routes[rank].executor}/${replica}` : replica, result);
      }
    }
    return [...distinct];
  }

  #isUnbound(endpoint: string): boolean {
    return this.targets.every((target) => target.binds(endpoint) === false);
  }
}

/** How many documents the request of an answer had. One is the default, which is not sent. */
function documentsOf({ count = 1 }: RequestFacts): number {
  return count;
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
  const { codec, typed, followed } = call;
  return {
    body: docs,
    requestId: requestId ?? call.requestId,
    envelope,
    ...(codec !== undefined && { codec }),
    ...(typed !== undefined && { typed }),
    ...(followed && { followed }),
  };
}

/** A sparse list without its gaps, which skipped nodes leave. */
function withoutGaps<T>(list: readonly T[]): T[] {
  return list.filter(() => true);
}
