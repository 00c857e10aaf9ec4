import { CancelToken } from "../async/cancel_token.ts";
import { isTimedOut } from "../async/deadline.ts";
import { RunningCount } from "../async/running_count.ts";
import { CutError, DownError } from "../errors/mod.ts";
import type { RemoteAddress } from "../executor/remote_address.ts";
import type { Logger } from "../log/logger.ts";
import { type EndpointInfo, isBound } from "../protocol/endpoint_info.ts";
import type { ExecutorTarget } from "../protocol/executor_target.ts";
import type { Call, CallAnswer } from "../protocol/protocol.ts";
import type { RequestContext } from "../protocol/request_context.ts";
import type { SpareWorker } from "../replica/spare_worker.ts";
import { reasonOf } from "../protocol/failure_reason.ts";
import { tracing } from "../trace/tracing.ts";
import { type Lookup, Resolution } from "./_resolution.ts";
import type { LinkState, RemoteBindings, RemoteLink } from "./remote_link.ts";

/** How long the start of a Flow waits for an address that does not answer, in milliseconds. */
const START_MS = 3_000;
/** The interval between two resolutions of host names, in milliseconds. */
const RESOLVE_MS = 2_000;

/** One address of an Executor elsewhere. */
export interface AddressStatus {
  readonly address: string;
  readonly state: LinkState;
  readonly since: Date;
  readonly calls: number;
  /** Why it is away, or that it does not answer checks while it has calls. */
  readonly reason?: string;
}

/** A call that is under way. */
interface OpenCall {
  readonly cancel: CancelToken;
  readonly isStream: boolean;
}

/** An Executor that runs elsewhere, started by somebody else: its addresses, and the calls to them. */
export class RemoteDeployment implements ExecutorTarget {
  /** Called when {@linkcode downReason} may have changed. */
  onChange: () => void = () => {};
  readonly logger: Logger;
  readonly #open = new Set<OpenCall>();
  readonly #running = new RunningCount();
  #links: readonly RemoteLink[] = [];
  #module?: typeof import("./remote_link.ts");
  /** Where the search for the least busy address begins, so that equally busy ones take turns. */
  #turn = 0;
  #closed = false;
  readonly #resolution: Resolution;
  #stopWaiting = () => {};

  /** @param lookup Finds the IP addresses of a host name. */
  constructor(
    readonly name: string,
    addresses: readonly RemoteAddress[],
    private readonly spare: SpareWorker,
    log: Logger,
    lookup?: Lookup,
  ) {
    this.logger = log.named(name);
    this.#resolution = new Resolution(addresses, lookup);
  }

  /** Connects, and waits until each address has answered, or failed to. One that is away does not fail the start. */
  async start(): Promise<void> {
    // Not literal, for the reason that src/flow/flow_server.ts gives.
    this.#module = await import(import.meta.resolve("./remote_link.ts"));
    if (this.#module === undefined || this.#closed) return;
    await this.#update();
    if (this.#resolution.mayChange) this.#follow();
  }

  /** Follows the names whose addresses change, such as those of Services of Kubernetes, until the end. */
  async #follow(): Promise<void> {
    while (!this.#closed) {
      const end = Promise.withResolvers<void>();
      this.#stopWaiting = end.resolve;
      if (await isTimedOut(RESOLVE_MS, end.promise)) await this.#update();
    }
  }

  /** Connects to addresses that are new, and then gives up those that are gone, after the calls to them. */
  async #update(): Promise<void> {
    const addresses = await this.#resolution.resolve();
    if (this.#module === undefined || this.#closed) return;
    const { RemoteLink } = this.#module;
    const added = addresses.filter((address) => !this.#links.some((link) => isTo(address, link)))
      .map((address) => new RemoteLink(address, this.logger, () => this.onChange()));
    this.#links = [...this.#links, ...added];
    await isTimedOut(START_MS, Promise.all(added.map(({ probed }) => probed)));
    const isGone = (link: RemoteLink) => !addresses.some((address) => isTo(address, link));
    const gone = this.#links.filter(isGone);
    if (gone.length === 0 || this.#closed) return;
    this.#links = this.#links.filter((link) => !isGone(link));
    for (const link of gone) link.close();
    this.onChange();
  }

  /** Its documents are not decoded where it runs, but in the Flow's own workers: these come first. */
  get load(): number {
    return Infinity;
  }

  /** What the addresses bind: those that serve come first. */
  get bindings(): RemoteBindings | undefined {
    const known = this.#links.filter(({ bindings }) => bindings !== undefined);
    return (known.find(({ state }) => state === "serving") ?? known.at(0))?.bindings;
  }

  get endpoints(): readonly EndpointInfo[] {
    return this.bindings?.endpoints ?? [];
  }

  get hasDefault(): boolean {
    return this.bindings?.hasDefault ?? false;
  }

  get typed(): readonly string[] | undefined {
    return this.bindings?.typed;
  }

  get headers(): readonly string[] | undefined {
    return this.bindings?.headers;
  }

  binds(endpoint: string): boolean | undefined {
    return this.bindings && isBound(endpoint, this.bindings);
  }

  get downReason(): string | undefined {
    if (this.#closed) return `${this.name} is down: the Flow is closing`;
    if (this.#links.some(({ state }) => state === "serving")) return undefined;
    const reasons = this.status.map(({ address, state, since, reason = "it has not answered yet" }) =>
      `${address} is ${state} since ${since.toISOString()}: ${reason}`
    );
    const first = reasons.length > 0 ? reasons.join("; ") : "it is not connected yet";
    return `${this.name} is down: ${first}\nIt comes back by itself as soon as the address answers.`;
  }

  /** The states of the addresses. */
  get status(): AddressStatus[] {
    return this.#links.map(({ address, state, since, calls, reason }) => ({
      ...{ address: address.url, state, since, calls },
      ...(reason !== undefined && { reason }),
    }));
  }

  /** The least busy address that serves, except those that were tried; a late one only if there is no other. */
  pick(tried?: ReadonlySet<RemoteLink>): RemoteLink | undefined {
    const serving = this.#links.filter((link) => link.state === "serving" && !tried?.has(link));
    const inTime = serving.filter(({ isLate }) => !isLate);
    const usable = inTime.length > 0 ? inTime : serving;
    if (usable.length < 2) return usable.at(0);
    const first = this.#turn++ % usable.length;
    const inTurn = [...usable.slice(first), ...usable.slice(0, first)];
    return inTurn.reduce((best, link) => link.calls < best.calls ? link : best);
  }

  /** Decodes, merges and converts documents in a spare worker. */
  parse(call: Call, context: RequestContext): Promise<CallAnswer> {
    return this.spare.call(call, context);
  }

  async call(call: Call, context: RequestContext): Promise<CallAnswer> {
    if (call.parseOnly) return await this.parse(call, context);
    if (context.cancel.reason !== undefined) throw context.cancel.reason;
    const { callRemote } = this.#module ?? {};
    if (callRemote === undefined || this.#closed) throw new DownError(this.downReason);
    const cancel = new CallToken(context.cancel);
    const open = { cancel, isStream: context.stream !== undefined };
    const run = (traced: Call) => callRemote(this, traced, { ...context, cancel }, context.cancel);
    this.#open.add(open);
    this.#running.begin();
    try {
      if (tracing.spans === undefined) return await run(call);
      const place = { deployment: this.name, replica: this.name, version: 0 };
      return await tracing.spans.call(call, place, run, (error) => reasonOf(error, { ...context, cancel }));
    } finally {
      this.#open.delete(open);
      cancel.detach();
      this.#running.end();
    }
  }

  /** Cuts calls in flight: all, or streams. The other side is told. */
  cut(which: "all" | "stuck" | "streams"): void {
    if (which === "stuck") return;
    for (const { cancel, isStream } of this.#open) {
      if (which === "all" || isStream) {
        cancel.cancel(new CutError("the Flow gave up the call: it is closing"));
      }
    }
  }

  /** Closes the connections, once the calls in flight are done or {@linkcode cut}. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stopWaiting();
    await this.#running.idle();
    for (const link of this.#links) link.close();
  }
}

/** Whether a link leads to an address. One that is away does not, once the name stands for another machine. */
function isTo({ url, ip }: RemoteAddress, { address, state }: RemoteLink): boolean {
  return address.url === url && (address.ip === ip || state === "serving");
}

/** Cancels a call when its request is cancelled, or the call is cut. */
class CallToken extends CancelToken {
  /** Has the request forget it, when the call is over. */
  readonly detach: () => void;

  constructor(private readonly request: CancelToken) {
    super();
    this.detach = request.onCancel((reason) => this.cancel(reason));
  }

  override get deadline(): number {
    return this.request.deadline;
  }
}
