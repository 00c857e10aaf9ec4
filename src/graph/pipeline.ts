import { RunningCount } from "../async/running_count.ts";
import type { StreamQueue } from "../protocol/stream_queue.ts";
import type { FlowAnswer, FlowRequest } from "../gateway/backend.ts";
import type { Bindings, EndpointInfo } from "../protocol/endpoint_info.ts";
import type { ExecutorTarget } from "../protocol/executor_target.ts";
import { type Encoded, isSameEncoded } from "../protocol/encoded.ts";
import type { Call } from "../protocol/protocol.ts";
import type { RequestContext } from "../protocol/request_context.ts";
import { httpStatusOf } from "../gateway/respond.ts";
import { requestLine, type RequestObserver } from "../metrics/request_observer.ts";
import { requestChannel } from "../runtime/channels.ts";
import type { Graph, GraphNode } from "./graph.ts";
import { RequestExecution } from "./request_execution.ts";

/** Sends requests through the Executors of a graph, branches in parallel. */
export class Pipeline implements Bindings {
  readonly #running = new RunningCount();

  /** @param targets The Executors, by the `index` of their nodes. */
  constructor(
    private readonly graph: Graph,
    private readonly targets: readonly ExecutorTarget[],
    private readonly observer: RequestObserver,
  ) {}

  /** The endpoints that some Executor binds. Of several that bind the same one, the last one makes the answer. */
  get endpoints(): readonly EndpointInfo[] {
    if (this.targets.length === 1) return this.targets[0].endpoints;
    const byPath = new Map<string, EndpointInfo>();
    for (const { index } of this.graph.nodes) {
      const { endpoints, hasDefault } = this.targets[index];
      for (const endpoint of endpoints) {
        byPath.set(endpoint.path, inTurn(byPath.get(endpoint.path), endpoint));
      }
      if (!hasDefault) continue;
      const own = new Set(endpoints.map(({ path }) => path));
      for (const [path, { output: _, ...others }] of byPath) if (!own.has(path)) byPath.set(path, others);
    }
    return [...byPath.values()].map(({ streams: _, ...info }) => ({
      ...info,
      ...(this.#lastOf(info.path)?.streams && { streams: true }),
    }));
  }

  /** Whether some Executor answers endpoints that are not bound. */
  get hasDefault(): boolean {
    return this.targets.some(({ hasDefault }) => hasDefault);
  }

  /** The default handler of the only Executor; of several, the one that streams, if it makes the answer. */
  get fallback(): EndpointInfo | undefined {
    if (this.targets.length === 1) return this.targets[0].fallback;
    const last = this.#lastOf();
    return last?.streams && { path: last.path, method: last.method, streams: true };
  }

  /**
   * What is known of the handler that makes the answer, if there is exactly one: the one from which documents are
   * streamed.
   *
   * @param endpoint The endpoint; left out for one that only default handlers answer.
   */
  #lastOf(endpoint?: string, [node, ...others] = this.graph.ends): EndpointInfo | undefined {
    if (node === undefined || others.length > 0) return undefined;
    const target = this.targets[node.index];
    const own = target.endpoints.find(({ path }) => path === endpoint);
    return own ?? (target.hasDefault ? target.fallback : this.#lastOf(endpoint, node.needs));
  }

  /** The endpoints whose documents have a schema at some Executor. */
  get typed(): readonly string[] | undefined {
    if (this.targets.every(({ typed }) => typed === undefined)) return undefined;
    return this.targets.flatMap(({ typed }) => typed ?? []);
  }

  /** The headers that some Executor asks for. */
  get headers(): readonly string[] {
    return [...new Set(this.targets.flatMap(({ headers = [] }) => headers))];
  }

  /** Why some Executor cannot answer now; `undefined` when all can. */
  get downReason(): string | undefined {
    return this.targets.map(({ downReason }) => downReason).find((reason) => reason !== undefined);
  }

  /** Handles a request: see {@linkcode Backend.run}. Never rejects. */
  async run<E extends Encoded>(request: FlowRequest<E>, context: RequestContext<E>): Promise<FlowAnswer<E>> {
    const { stream } = context;
    const execution = new RequestExecution(this.targets, request, context, this.observer);
    const call = firstCall(request, context, this.typed, this.observer.events?.isWatched);
    this.#running.begin();
    this.observer.metrics.inFlight++;
    let isRunning = true;
    const over = () => {
      if (!isRunning) return;
      isRunning = false;
      this.#running.end();
    };
    // A stream that has begun needs no further Executor, so that idle() does not wait for its end.
    stream?.begun.then(over);
    if (this.observer.events !== undefined) stream?.begun.then(() => this.#reportBegin(execution, stream));
    try {
      const last =
        await (stream === undefined ? this.#through(execution, call) : this.#stream(execution, call, stream));
      const answer = execution.answer(last);
      this.#report(answer, execution, stream);
      // The codec of a request answers in its own kind.
      return answer as FlowAnswer<E>;
    } finally {
      this.observer.metrics.inFlight--;
      over();
    }
  }

  /** Counts a request that is over, and reports it to the channel and the log if they are used. */
  #report(answer: FlowAnswer, execution: RequestExecution, stream?: StreamQueue): void {
    const { requestId: id, endpoint, stations, ms } = execution;
    const { metrics, log, events } = this.observer;
    const outcome = answer.kind === "done" ? answer.error?.reason ?? "done" : answer.kind;
    metrics.addRequest(this, endpoint, outcome, ms);
    if (log !== undefined) {
      const line = requestLine(id, endpoint, httpStatusOf(answer), ms, stations);
      log.log("debug", line, undefined, undefined, id);
    }
    if (stream?.hasBegun) events?.streamEnded(id, endpoint ?? "", outcome, ms);
    if (requestChannel.hasSubscribers) {
      requestChannel.publish({ id, ...(endpoint !== undefined && { endpoint }), outcome, ms });
    }
  }

  /** Reports a stream that begins. Where its body names the endpoint, the worker does. */
  #reportBegin({ requestId, endpoint }: RequestExecution, { name }: StreamQueue): void {
    this.observer.events?.streamBegun(name?.requestId ?? requestId, endpoint ?? name?.endpoint ?? "");
  }

  /** Resolves when no request is on its way. A stream that has begun does not count: its Executor waits for it. */
  idle(): Promise<void> {
    return this.#running.idle();
  }

  #through(execution: RequestExecution, call: Call): Promise<Call | undefined> {
    return this.graph.isChain ? this.#along(execution, call) : this.#across(execution, call);
  }

  /**
   * Like `#through`, but the last Executor that handles the request streams its documents. Where no Executor is the last
   * one, since branches are joined at the end or no Executor is addressed, any worker streams the documents.
   */
  async #stream(execution: RequestExecution, request: Call, stream: StreamQueue): Promise<Call | undefined> {
    // Of several, the last one is known only once the request is decoded.
    const call = this.graph.nodes.length === 1 ? request : await execution.runOnAnyWorker(request);
    if (call === undefined) return undefined;
    execution.streamFrom(this.graph.ends, call.envelope);
    const last = await this.#through(execution, call);
    return last === undefined || stream.hasBegun
      ? last
      : await execution.runOnAnyWorker(last, execution.context);
  }

  async #along(execution: RequestExecution, request: Call): Promise<Call | undefined> {
    let call: Call | undefined = request;
    for (const node of this.graph.nodes) {
      call = await execution.visit(node, call);
      if (call === undefined) return undefined;
    }
    return call;
  }

  /** Visits each node as soon as all nodes that it needs have answered. One without an answer stops those after it. */
  async #across(execution: RequestExecution, request: Call): Promise<Call | undefined> {
    const { nodes, ends, mergeBase, startsWithFork } = this.graph;
    // Documents without an id get one when they are decoded, which must be the same one in all branches.
    const start = startsWithFork && request.envelope === undefined
      ? await execution.runOnAnyWorker(request)
      : request;
    if (start === undefined) return undefined;
    const answers = new Map<GraphNode | undefined, Promise<Call | undefined>>([
      [undefined, Promise.resolve(start)],
    ]);
    const meet = async (needs: readonly GraphNode[], mergeBase?: GraphNode): Promise<Call | undefined> => {
      const calls = await Promise.all([mergeBase, ...needs].map((node) => answers.get(node)));
      const [base, ...branches] = calls.filter((call) => call !== undefined);
      return branches.length === needs.length ? joined(base, branches) : undefined;
    };
    for (const node of nodes) {
      const arrival = meet(node.needs, node.mergeBase);
      answers.set(node, arrival.then((call) => call && execution.visit(node, call)));
    }
    const last = await meet(ends, mergeBase);
    return last?.branches === undefined ? last : execution.runOnAnyWorker(last);
  }
}

function firstCall(
  request: FlowRequest,
  { id }: RequestContext,
  typed: Call["typed"],
  isFollowed = false,
): Call {
  const { body, codec, endpoint, envelope, branches } = request;
  const call: { -readonly [K in keyof Call]: Call[K] } = { body, requestId: id };
  // Each key of a message costs time.
  if (codec !== undefined) call.codec = codec;
  if (endpoint !== undefined) call.endpoint = endpoint;
  if (envelope !== undefined) call.envelope = envelope;
  if (branches !== undefined) call.branches = branches;
  if (typed !== undefined) call.typed = typed;
  if (isFollowed) call.followed = true;
  return call;
}

/** The documents of several branches, for a worker to merge. Branches that have changed nothing are left out. */
function joined(base: Call, branches: readonly Call[]): Call {
  const changed = branches.filter(({ body }) => !isSameEncoded(body, base.body));
  if (changed.length < 2) return changed.at(0) ?? base;
  return { ...base, branches: changed.map(({ body }) => body) };
}

/** An endpoint that an Executor handles after another one. */
function inTurn(before: EndpointInfo | undefined, own: EndpointInfo): EndpointInfo {
  if (before === undefined) return own;
  const { output: _, ...first } = before;
  const { output, parameters } = { parameters: before.parameters, ...own };
  return { ...first, ...(parameters && { parameters }), ...(output && { output }) };
}
