import type { RequestContext } from "../protocol/request_context.ts";
import type { Deployment } from "../deployment/deployment.ts";
import type { FlowAnswer, FlowRequest } from "../gateway/backend.ts";
import type { StreamQueue } from "../async/stream_queue.ts";
import type { Call } from "../protocol/protocol.ts";
import { RequestExecution } from "./_request_execution.ts";
import type { Graph, GraphNode } from "./graph.ts";

/** Sends requests through the deployments, each branch on its own. */
export class Pipeline {
  #running = 0;
  #waiting: (() => void)[] = [];

  /**
   * @param graph The ways there are.
   * @param deployments What stands at the graph's nodes, in the order they were added.
   */
  constructor(private readonly graph: Graph, private readonly deployments: readonly Deployment[]) {}

  /** The endpoints that some Executor binds now. */
  get endpoints(): Set<string> {
    return new Set(this.deployments.flatMap(({ serving }) => serving?.loaded?.endpoints ?? []));
  }

  /** Whether some Executor answers endpoints that are not bound. */
  get hasDefault(): boolean {
    return this.deployments.some(({ serving }) => serving?.loaded?.hasDefault ?? false);
  }

  /** Why some deployment cannot answer now. */
  get downReason(): string | undefined {
    return this.deployments.map(({ downReason }) => downReason).find((reason) => reason !== undefined);
  }

  /** Never throws: what goes wrong on the way is an answer. With a stream, the documents go there one by one. */
  async run(request: FlowRequest, context: RequestContext): Promise<FlowAnswer> {
    const { stream } = context;
    const execution = new RequestExecution(this.deployments, request, context);
    this.#running++;
    let isOnItsWay = true;
    const over = () => {
      if (!isOnItsWay) return;
      isOnItsWay = false;
      if (--this.#running === 0) this.#tellIdle();
    };
    // A stream that has begun stays where it is: no other deployment is waited for because of it.
    stream?.begun.then(over);
    try {
      return execution.answer(
        await (stream === undefined
          ? this.#through(execution, request)
          : this.#stream(execution, request, stream)),
      );
    } finally {
      over();
    }
  }

  /** Resolves when no request is on its way. One that streams is where it ends: its deployment looks after it. */
  idle(): Promise<void> {
    return this.#running === 0 ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }

  #tellIdle(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #through(execution: RequestExecution, request: Call): Promise<Call | undefined> {
    return this.graph.isChain ? this.#along(execution, request) : this.#across(execution, request);
  }

  /**
   * The same, and the last Executor that handles the request streams; what those before it give is collected. Where
   * there is no last one, because branches meet at the end or nobody is meant, any worker streams what there is.
   */
  async #stream(execution: RequestExecution, request: Call, stream: StreamQueue): Promise<Call | undefined> {
    // Which one is the last is not known before somebody has read the request.
    const call = this.graph.nodes.length === 1 ? request : await execution.runOnAnyWorker(request);
    if (call === undefined) return undefined;
    execution.streamFrom(this.graph.ends, call.envelope);
    const last = await this.#through(execution, call);
    return last === undefined || stream.hasBegun ? last : await execution.streamOnAnyWorker(last);
  }

  /** One node after the other. */
  async #along(execution: RequestExecution, request: Call): Promise<Call | undefined> {
    let call: Call | undefined = request;
    for (const node of this.graph.nodes) {
      call = await execution.visit(node, call);
      if (call === undefined) return undefined;
    }
    return call;
  }

  /** Each node as soon as all that it needs is there; one that gets nothing stops what needs it, and no other. */
  async #across(execution: RequestExecution, request: Call): Promise<Call | undefined> {
    const { nodes, ends, mergeBase, startsWithFork } = this.graph;
    // Documents without an id get theirs when they are read: that must not happen in each branch anew.
    const start = startsWithFork && request.envelope === undefined
      ? await execution.runOnAnyWorker(request)
      : request;
    if (start === undefined) return undefined;
    const left = new Map<GraphNode | undefined, Promise<Call | undefined>>([[
      undefined,
      Promise.resolve(start),
    ]]);
    const meet = async (needs: readonly GraphNode[], mergeBase?: GraphNode): Promise<Call | undefined> => {
      const calls = await Promise.all([mergeBase, ...needs].map((node) => left.get(node)));
      const [base, ...branches] = calls.filter((call) => call !== undefined);
      return branches.length === needs.length ? joined(base, branches) : undefined;
    };
    for (const node of nodes) {
      const arrival = meet(node.needs, node.mergeBase);
      left.set(node, arrival.then((call) => call && execution.visit(node, call)));
    }
    const last = await meet(ends, mergeBase);
    return last?.branches === undefined ? last : execution.runOnAnyWorker(last);
  }
}

/** What several branches bring, for a worker to merge. Branches that changed nothing are left out. */
function joined(base: Call, branches: readonly Call[]): Call {
  const changed = branches.filter(({ body }) => body !== base.body);
  if (changed.length < 2) return changed.at(0) ?? base;
  return { ...base, branches: changed.map(({ body }) => body) };
}
