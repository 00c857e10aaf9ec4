import type { Deployment } from "../deployment/deployment.ts";
import type { FlowAnswer, FlowRequest } from "../gateway/backend.ts";
import type { Cancel } from "../async/cancel_token.ts";
import type { Outlet } from "../async/stream_queue.ts";
import type { Call } from "../protocol/protocol.ts";
import { Journey } from "./_request_execution.ts";
import type { Graph, Station } from "./graph.ts";

/** Sends requests through the deployments, each branch on its own. */
export class Pipeline {
  #running = 0;
  #waiting: (() => void)[] = [];

  /**
   * @param graph The ways there are.
   * @param deployments What stands at the graph's stations, in the order they were added.
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

  /** Never throws: what goes wrong on the way is an answer. With an outlet, the documents go there one by one. */
  async run(request: FlowRequest, cancel?: Cancel, outlet?: Outlet): Promise<FlowAnswer> {
    const journey = new Journey(this.deployments, request, cancel);
    this.#running++;
    let isOnItsWay = true;
    const over = () => {
      if (!isOnItsWay) return;
      isOnItsWay = false;
      if (--this.#running === 0) this.#tellIdle();
    };
    // A stream that has begun stays where it is: no other deployment is waited for because of it.
    outlet?.begun.then(over);
    try {
      return journey.answer(
        await (outlet === undefined
          ? this.#through(journey, request)
          : this.#stream(journey, request, outlet)),
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

  #through(journey: Journey, request: Call): Promise<Call | undefined> {
    return this.graph.isChain ? this.#along(journey, request) : this.#across(journey, request);
  }

  /**
   * The same, and the last Executor that handles the request streams; what those before it give is collected. Where
   * there is no last one, because branches meet at the end or nobody is meant, any worker streams what there is.
   */
  async #stream(journey: Journey, request: Call, outlet: Outlet): Promise<Call | undefined> {
    // Which one is the last is not known before somebody has read the request.
    const call = this.graph.stations.length === 1 ? request : await journey.assist(request);
    if (call === undefined) return undefined;
    journey.streamFrom(this.graph.ends, call.envelope, outlet);
    const last = await this.#through(journey, call);
    return last === undefined || outlet.hasBegun ? last : await journey.assist(last, outlet);
  }

  /** One station after the other. */
  async #along(journey: Journey, request: Call): Promise<Call | undefined> {
    let call: Call | undefined = request;
    for (const station of this.graph.stations) {
      call = await journey.visit(station, call);
      if (call === undefined) return undefined;
    }
    return call;
  }

  /** Each station as soon as all that it needs is there; one that gets nothing stops what needs it, and no other. */
  async #across(journey: Journey, request: Call): Promise<Call | undefined> {
    const { stations, ends, fork, isForkedAtOnce } = this.graph;
    // Documents without an id get theirs when they are read: that must not happen in each branch anew.
    const start = isForkedAtOnce && request.envelope === undefined ? await journey.assist(request) : request;
    if (start === undefined) return undefined;
    const left = new Map<Station | undefined, Promise<Call | undefined>>([[
      undefined,
      Promise.resolve(start),
    ]]);
    const meet = async (needs: readonly Station[], fork?: Station): Promise<Call | undefined> => {
      const calls = await Promise.all([fork, ...needs].map((station) => left.get(station)));
      const [base, ...branches] = calls.filter((call) => call !== undefined);
      return branches.length === needs.length ? joined(base, branches) : undefined;
    };
    for (const station of stations) {
      const arrival = meet(station.needs, station.fork);
      left.set(station, arrival.then((call) => call && journey.visit(station, call)));
    }
    const last = await meet(ends, fork);
    return last?.branches === undefined ? last : journey.assist(last);
  }
}

/** What several branches bring, for a worker to merge. Branches that changed nothing are left out. */
function joined(base: Call, branches: readonly Call[]): Call {
  const changed = branches.filter(({ body }) => body !== base.body);
  if (changed.length < 2) return changed.at(0) ?? base;
  return { ...base, branches: changed.map(({ body }) => body) };
}
