import type { Deployment } from "../deployment/deployment.ts";
import { CutError, DownError, formatError } from "../errors/mod.ts";
import type { FlowAnswer, FlowRequest, Passed, Route } from "../gateway/backend.ts";
import type { RequestContext } from "../protocol/request_context.ts";
import { isTarget } from "../protocol/target_pattern.ts";
import type { Call, CallAnswer, CallDone, Envelope } from "../protocol/protocol.ts";
import { runOnAnyWorker } from "./_run_on_any_worker.ts";
import type { GraphNode } from "./graph.ts";

type Done = Extract<FlowAnswer, { kind: "done" }>;

/** An Executor's error, and the documents as they were then. */
interface Failure {
  readonly kind: "failed";
  readonly error: NonNullable<Done["error"]>;
  readonly last?: Passed;
}

/** One request on its way. Nothing here throws: what goes wrong is kept, and is the answer. */
export class RequestExecution {
  /** By the rank of their nodes. */
  readonly #routes: Route[] = [];
  readonly #results: (readonly [replica: string, json: string])[] = [];
  /** What stopped it; of several branches, what stopped the first one. */
  #stop?: { readonly rank: number; readonly why: Exclude<FlowAnswer, Done> | Failure };
  /** The node whose documents go out one by one. */
  #streamingNode?: GraphNode;
  /** The context of the nodes whose documents are collected. */
  readonly #collecting: RequestContext;

  constructor(
    private readonly deployments: readonly Deployment[],
    private readonly request: FlowRequest,
    private readonly context: RequestContext,
  ) {
    const { id, cancel, stream } = context;
    this.#collecting = stream === undefined ? context : { id, cancel };
  }

  /** Has a node's Executor handle the documents; `undefined` when this way ends here. */
  async visit(node: GraphNode, call: Call): Promise<Call | undefined> {
    const deployment = this.deployments[node.index];
    const startTime = Date.now();
    const isStreaming = node === this.#streamingNode;
    // Nodes after a stream were passed by when the stream began, whatever they bind by now.
    const isOver = !isStreaming && this.#streamingNode !== undefined && this.context.stream?.hasBegun;
    if (isOver || (call.envelope !== undefined && !isNeeded(deployment, call.envelope))) {
      this.#route(node, startTime);
      return call.branches === undefined ? call : this.runOnAnyWorker(call);
    }
    try {
      return this.#took(
        await deployment.call(call, isStreaming ? this.context : this.#collecting),
        call,
        node,
        startTime,
      );
    } catch (error) {
      if (!(error instanceof DownError)) return this.#failed(error as Error, call, node, startTime);
      if (call.envelope !== undefined) {
        return this.#end({ kind: "down", reason: error.message }, node.rank);
      }
      // Whether the request needs this one is not known before somebody has read it.
      const read = await this.runOnAnyWorker(call);
      return read && this.visit(node, read);
    }
  }

  /** Has the documents of the last node that handles the request go out one by one, if there is only one such. */
  streamFrom([node, ...others]: readonly GraphNode[], envelope: Envelope | undefined): void {
    if (node === undefined || others.length > 0) return;
    const isLast = envelope === undefined || isNeeded(this.deployments[node.index], envelope);
    if (isLast) this.#streamingNode = node;
    else this.streamFrom(node.needs, envelope);
  }

  /** Has any worker stream the documents, because none of the Executors does. */
  streamOnAnyWorker(call: Call): Promise<Call | undefined> {
    return this.runOnAnyWorker(call, this.context);
  }

  /** Has any worker read the request, or merge branches; `undefined` when the way ends here. */
  async runOnAnyWorker(call: Call, context = this.#collecting): Promise<Call | undefined> {
    try {
      const answer = await runOnAnyWorker(this.deployments, call, context);
      if (answer.kind === "invalid") return this.#end(answer);
      if (call.envelope === undefined && this.#isUnbound(answer.endpoint)) {
        return this.#end({ kind: "unbound", endpoint: answer.endpoint });
      }
      return passedOn(answer, call);
    } catch (error) {
      if (error instanceof DownError) return this.#end({ kind: "down", reason: error.message });
      return this.#failed(error as Error, call);
    }
  }

  /** What became of it; `last` are the documents that came out at the end. */
  answer(last?: Call): FlowAnswer {
    const why = this.#stop?.why;
    if (why !== undefined && why.kind !== "failed") return why;
    const { request } = this;
    const done = {
      kind: "done",
      request,
      routes: dense(this.#routes),
      results: dense(this.#results),
    } as const;
    return why === undefined ? { ...done, last } : { ...done, last: why.last, error: why.error };
  }

  #took(answer: CallAnswer, call: Call, node: GraphNode, startTime: number): Call | undefined {
    if (answer.kind === "invalid") return this.#end(answer, node.rank);
    const { endpoint, error, result } = answer;
    if (answer.unbound && this.#isUnbound(endpoint)) {
      return this.#end({ kind: "unbound", endpoint }, node.rank);
    }
    this.#route(node, startTime, error?.info);
    if (result !== undefined) this.#results[node.rank] = result;
    const next = passedOn(answer, call);
    if (error === undefined) return next;
    this.deployments[node.index].logger.error(
      `a request for ${endpoint} failed: ${formatError(error.info)}`,
    );
    return this.#end({ kind: "failed", last: next, error: { ...error, status: 500 } }, node.rank);
  }

  /** No answer came: it took too long, the client is gone, or the worker ended. */
  #failed(failure: Error, call: Call, node?: GraphNode, startTime = 0): undefined {
    const { name, message } = failure;
    const info = { name, message, stack: "" };
    if (node !== undefined) this.#route(node, startTime, info);
    const isLate = this.context.cancel.reason?.name === "TimeoutError";
    const status = isLate ? 504 : failure instanceof CutError ? 503 : 500;
    const error = { info, executor: node?.name ?? "gateway", status } as const;
    return this.#end({ kind: "failed", error, ...(call.envelope && { last: call }) }, node?.rank);
  }

  #end(why: Exclude<FlowAnswer, Done> | Failure, rank = 0): undefined {
    if (this.#stop === undefined || rank < this.#stop.rank) this.#stop = { rank, why };
  }

  #route({ name, rank }: GraphNode, startTime: number, error?: Route["error"]): void {
    this.#routes[rank] = { executor: name, startTime, endTime: Date.now(), error };
  }

  #isUnbound(endpoint: string): boolean {
    return this.deployments.every((deployment) => deployment.binds(endpoint) === false);
  }
}

/** Whether an Executor has to see a request: what it does not bind, or what is meant for others, passes it by. */
function isNeeded(deployment: Deployment, { endpoint, target = "" }: Envelope): boolean {
  return deployment.binds(endpoint) !== false && isTarget(target, deployment.name);
}

/** What the next node gets. The first one finds out what all others need to know. */
function passedOn({ docs, requestId, endpoint, target, parameters }: CallDone, call: Call): Call {
  const envelope = call.envelope ?? {
    endpoint,
    ...(target !== undefined && { target }),
    ...(parameters !== undefined && { parameters }),
  };
  return { body: docs, requestId: requestId ?? call.requestId, envelope };
}

/** Without the places of what was not passed. */
function dense<T>(list: readonly T[]): T[] {
  return list.filter(() => true);
}
