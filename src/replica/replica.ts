import type { RequestContext } from "../protocol/request_context.ts";
import { CutError, type FileHashes } from "../errors/mod.ts";
import { replicaChannel, type ReplicaMessage } from "../runtime/channels.ts";
import { type StreamQueue, WINDOW } from "../protocol/stream_queue.ts";
import type {
  Call,
  CallAnswer,
  FromInstance,
  LoadAnswer,
  LoadOrder,
  RpcMethod,
  RpcMethods,
  StreamName,
  ToWorker,
} from "../protocol/protocol.ts";
import type { Logger } from "../log/logger.ts";
import { after } from "../async/deadline.ts";
import { silentDeferred } from "../async/silent_deferred.ts";
import { PendingAnswers } from "./_pending_answers.ts";
import { RpcError } from "./rpc_error.ts";
import type { LinkedReplica, WorkerLink } from "./worker_link.ts";

type ReplicaState = ReplicaMessage["state"];

/**
 * One version of an Executor in a worker, as the main thread sees it. Each call in flight is settled by an answer, or by
 * the replica's end. Versions that are loaded in place share their worker.
 */
export class Replica implements LinkedReplica {
  /** Its number among the replicas of its deployment. */
  index = 0;
  /** Called with a file that its code imports after the load. */
  onImported: (file: FileHashes[number]) => void = () => {};
  /** Called when the worker has ended without a request of its owner. */
  onDeath: (reason: string) => void = () => {};
  /** Called when {@linkcode stuck} has changed. */
  onStuckChange: () => void = () => {};
  /** Called when {@linkcode state} has changed. */
  onStateChange: () => void = () => {};
  readonly #instance: number;
  readonly #pending = new PendingAnswers();
  #abandoned = silentDeferred<never>();
  #state: ReplicaState;
  /** How far its load in place has come. */
  #loading: "sent" | "begun" | "held up" = "sent";

  /**
   * Adds a replica to a worker: a fresh one for any load, or one for a version that is loaded in place.
   *
   * @param base The instance of the version whose unchanged modules it shares.
   */
  constructor(readonly link: WorkerLink, private readonly base?: number) {
    this.#instance = link.join(this);
    this.#state = base === undefined ? "starting" : "loading";
  }

  /** Its log, under its own name. */
  get log(): Logger {
    return this.link.log;
  }

  get name(): string {
    return this.log.name;
  }

  get state(): ReplicaState {
    return this.#state;
  }

  get calls(): number {
    return this.#pending.calls;
  }

  get alive(): boolean {
    return this.#state !== "closed" && this.#state !== "dead";
  }

  get stuck(): boolean {
    return this.link.stuck;
  }

  /** The names of the values that it has found in its worker. */
  get found(): string[] {
    return this.link.kept.filter(([, maker]) => maker !== this.#instance).map(([name]) => name);
  }

  get hasCalls(): boolean {
    return this.#pending.hasCalls;
  }

  get oldestCall(): number {
    return this.#pending.oldestCall;
  }

  get nextId(): number {
    return this.#pending.nextId;
  }

  /**
   * Whether its load in place did not end, maybe for another reason than its own code: it has never begun, or an older
   * call was in flight when the worker died.
   */
  get wasHeldUp(): boolean {
    return this.base !== undefined && this.#loading !== "begun";
  }

  /** Whether no load has begun in it, so that it can be used for any. */
  get isFresh(): boolean {
    return this.#state === "starting" || this.#state === "standby";
  }

  /** The replica of the next version, in the same worker. */
  next(): Replica {
    return new Replica(this.link, this.#instance);
  }

  /** Loads a version; a failure of the user's code is an answer, not an error. */
  async load(order: LoadOrder): Promise<LoadAnswer> {
    const { base } = this;
    if (base === undefined) {
      await Promise.race([this.link.started, this.#abandoned.promise]);
      this.#become("loading");
      return this.#becomeReady(await this.invoke("load", order));
    }
    this.link.beginLoad(this.#instance);
    return this.#becomeReady(await this.invoke("load", { ...order, base }));
  }

  /** Called when its worker has loaded the library. */
  standBy(): void {
    if (this.#state === "starting") this.#become("standby");
  }

  /** Called when its load in place begins. */
  begin(): void {
    this.#loading = "begun";
  }

  /** Constructs the Executor of a load that paused; a failure of the user's code is an answer, not an error. */
  async construct(waitMs: number): Promise<LoadAnswer> {
    return this.#becomeReady(await this.invoke("construct", { waitMs }));
  }

  /** Gives up a load that a newer one overtakes. A worker that has not begun with it belongs to no deployment then, and can be used for any. */
  abandon(reason: string): void {
    if (!this.isFresh) return this.end(reason, true);
    this.#abandoned.reject(new Error(reason));
    this.#abandoned = silentDeferred<never>();
    this.link.resetLog();
    this.onImported = this.onDeath = this.onStateChange = () => {};
  }

  /**
   * Has the Executor handle one request. Cancelling rejects at once, and aborts the handler. With a stream, the
   * documents of the answer are pushed to it one by one.
   */
  call(call: Call, { cancel, stream }: RequestContext): Promise<CallAnswer> {
    this.link.watch();
    const id = this.#pending.nextId;
    const params = stream === undefined ? call : { ...call, window: WINDOW };
    const answer = this.invoke("call", params, sizeOf(call), stream);
    this.#pending.onEnd(id, cancel.onCancel((reason) => this.#cancel(id, reason)));
    if (stream !== undefined) {
      stream.onConsumed = (credit) => this.#send({ kind: "window-update", id, credit });
    }
    return answer;
  }

  /** Invokes a method of the worker; `size` is the approximate number of characters in `params`. */
  invoke<K extends RpcMethod>(
    kind: K,
    params: RpcMethods[K]["params"],
    size = 0,
    stream?: StreamQueue,
  ): Promise<RpcMethods[K]["result"]> {
    const id = this.#pending.nextId;
    const answer = this.#pending.add(kind, stream) as Promise<RpcMethods[K]["result"]>;
    if (this.alive) this.#send({ kind, id, params } as ToWorker, size);
    else this.#pending.reject(id, new Error(`Cannot use a worker that is ${this.#state}`));
    return answer;
  }

  /** Resolves when no call is in flight; it gets no more calls. */
  drained(): Promise<void> {
    if (this.alive) this.#become("draining");
    if (this.calls > 0) this.flush(true);
    return this.#pending.idle();
  }

  /** Resolves when no call is in flight; it gets no calls meanwhile. */
  idle(): Promise<void> {
    if (this.calls > 0) this.flush(false);
    return this.#pending.idle();
  }

  /** Has it start the batches that wait; with `isLast`, later ones do not wait either. */
  flush(isLast: boolean): void {
    if (this.alive) this.#send({ kind: "flush", id: 0, isLast });
  }

  /**
   * Runs the Executor's `close()`. A worker whose `close()` takes too long is ended, since its state is unknown.
   *
   * @returns The message of the error that it threw, or that it took too long.
   */
  closeExecutor(timeoutMs: number): Promise<string | undefined> {
    return this.#ending(() => this.invoke("close", null), timeoutMs, () => "close()");
  }

  /**
   * Lets go of what the version has kept, as far as it is not needed any more. Called after {@linkcode closeExecutor},
   * and before {@linkcode end}.
   *
   * @returns The message of the error, or that it took too long.
   */
  async releaseKept(timeoutMs: number): Promise<string | undefined> {
    return await this.#lettingGo(() => this.invoke("release", { overtaken: false }), timeoutMs);
  }

  /** Lets go of all that its worker keeps, as {@linkcode releaseKept} does. */
  async clearKept(timeoutMs: number): Promise<string | undefined> {
    return await this.#lettingGo(() => this.invoke("clear", null), timeoutMs);
  }

  async #lettingGo(step: () => Promise<unknown>, timeoutMs: number): Promise<string | undefined> {
    if (this.link.kept.length === 0) return undefined;
    return await this.#ending(step, timeoutMs, () => this.link.disposal);
  }

  /** Runs a step of the end. A worker in which it takes too long is ended. Returns the message of its error. */
  async #ending(
    step: () => Promise<unknown>,
    timeoutMs: number,
    nameOfStep: () => string,
  ): Promise<string | undefined> {
    if (!this.alive || this.stuck || this.isFresh) return undefined;
    // A step that loops is ended sooner than one that waits.
    if (this.link.killable) this.link.watchUnfinished(this.#instance);
    const { promise: late, reject } = silentDeferred<never>();
    const cancelTimer = after(timeoutMs, () => {
      const why = `${nameOfStep()} did not end within ${timeoutMs} ms; \`closeTimeout\` gives it more time`;
      reject(new Error(why));
      this.end(why);
    });
    return await Promise.race([step(), late]).then(
      () => undefined,
      (error: Error) => error.message,
    ).finally(cancelTimer);
  }

  /** Cancels all calls in flight, and returns their number. The worker lives on, and its handlers are aborted. */
  cutCalls(reason: Error): number {
    const calls = this.#pending.openCalls();
    for (const [id] of calls) this.#cancel(id, reason);
    return calls.length;
  }

  /** Ends the streams that are open, and returns their names. The worker lives on, and their generators are ended. */
  cutStreams(reason: string): StreamName[] {
    return this.#pending.openCalls().flatMap(([id, stream]) => {
      if (stream === undefined) return [];
      this.#cancel(id, new DOMException(reason, "AbortError"));
      return [stream];
    });
  }

  /**
   * Ends the replica at once, and its worker if it is the only one in it; calls in flight are rejected.
   *
   * @param overtaken Whether a newer load takes its place.
   */
  end(reason: string, overtaken = false): void {
    if (!this.alive) return;
    const isBusy = this.#pending.size > 0;
    this.#finish("closed", reason);
    this.link.leave(this.#instance, { isBusy, overtaken }, reason);
  }

  /** Ends its worker as one that has failed since it does not yield, and reports its death. */
  kill(reason: string): void {
    this.link.kill(reason);
  }

  /** Called when the worker has failed. */
  die(reason: string, wasHeldUp = false): void {
    if (!this.alive) return;
    if (wasHeldUp) this.#loading = "held up";
    this.#finish("dead", reason);
    this.onDeath(reason);
  }

  ping(): Promise<unknown> {
    return this.invoke("ping", null);
  }

  /** Receives a message of its instance. */
  receive(message: FromInstance): void {
    switch (message.kind) {
      case "answer":
        return this.#pending.resolve(message.id, message.result);
      case "error":
        return this.#pending.reject(message.id, new RpcError(message.error));
      case "stream-start":
        return this.#pending.beginStream(message.id, message.stream);
      case "stream-chunk":
        return this.#pending.put(message.id, message.doc);
      case "imported":
        return this.onImported(message.file);
      default:
        return message satisfies never;
    }
  }

  #becomeReady(answer: LoadAnswer): LoadAnswer {
    if (answer.kind === "ready") this.#become("ready");
    return answer;
  }

  /** Sends a message to its instance; the number of the first one is left out. */
  #send(message: ToWorker, size?: number): void {
    const instance = this.#instance;
    this.link.send(instance === 0 ? message : { ...message, instance }, size);
  }

  /** Rejects a call whose answer is still to come, and has the worker abort its handler. */
  #cancel(id: number, reason: Error): void {
    if (this.#pending.cancel(id, reason)) this.#send({ kind: "abort", id, reason: reason.message });
  }

  #become(state: ReplicaState): void {
    this.#state = state;
    if (replicaChannel.hasSubscribers) replicaChannel.publish({ replica: this.name, state });
    this.log.debug(`is ${state}`);
    this.onStateChange();
  }

  #finish(state: "closed" | "dead", reason: string): void {
    this.#become(state);
    const lost = `the request was lost: ${this.name} ended because ${reason}; a client may send it again`;
    this.#pending.rejectAll(new Error(reason), new CutError(lost));
  }
}

function sizeOf({ body, branches = [] }: Call): number {
  return branches.reduce((size, branch) => size + branch.length, body.length);
}
