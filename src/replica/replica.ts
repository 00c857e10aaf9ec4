import type { RequestContext } from "../protocol/request_context.ts";
import { runtime, type WorkerHandle } from "../runtime/mod.ts";
import { type StreamQueue, WINDOW } from "../async/stream_queue.ts";
import { MessageBatcher } from "../async/message_batcher.ts";
import type {
  Call,
  CallAnswer,
  FromWorker,
  LoadAnswer,
  LoadOrder,
  RpcMethod,
  RpcMethods,
  StreamName,
  ToWorker,
} from "../protocol/protocol.ts";
import { after } from "../async/deadline.ts";
import { isOurs, Pending, sizeOf } from "./_pending_answers.ts";
import { silentDeferred } from "../async/silent_deferred.ts";
import { LivenessProbe } from "./_liveness_probe.ts";
import type { ReplicaEvents, ReplicaState } from "./events.ts";
import { RpcError } from "./rpc_error.ts";

/** The entry that runs in every worker. */
const ENTRY = import.meta.resolve("../worker/entry.ts");
/** How long a worker that should be idle may take to answer before it counts as one that does not yield. */
export const YIELD_MS = 250;

/** One worker as its host sees it. Each call in flight is settled by an answer, or by the worker's end. */
export class Replica {
  /** Whom it tells. */
  events: ReplicaEvents = {};
  /** What it is called, once it belongs to a deployment. */
  name = "a standby worker";
  /** Resolves when the worker has loaded the library; rejects when it ends before. */
  readonly started: Promise<void>;
  /** Resolves when the worker has ended: whether it yielded. One that does not may live on as a thread. */
  readonly gone: Promise<boolean>;
  readonly #worker: WorkerHandle;
  readonly #batcher: MessageBatcher<ToWorker>;
  readonly #pending = new Map<number, Pending>();
  readonly #pulse: LivenessProbe;
  #state: ReplicaState = "starting";
  #nextId = 1;
  #calls = 0;
  /** Calls that were cancelled and not answered yet: nobody waits for them. */
  readonly #unwanted = new Set<number>();
  #idle: (() => void)[] = [];
  #settleStart: { resolve(): void; reject(error: Error): void };
  #settleGone: (yielded: boolean) => void;
  #abandoned = silentDeferred<never>();

  /**
   * Starts a worker. This blocks the calling thread for some milliseconds: never do it while someone waits.
   *
   * @param stuckMs After how long without an answer to a ping the worker counts as stuck, in milliseconds.
   */
  constructor(stuckMs: number) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.started = promise;
    promise.catch(() => {});
    this.#settleStart = { resolve, reject };
    const gone = Promise.withResolvers<boolean>();
    this.gone = gone.promise;
    this.#settleGone = gone.resolve;
    this.#worker = runtime.spawn(ENTRY, "hotflow");
    this.#worker.onMessage = (messages) => {
      if (!isOurs(messages)) return this.events.onForeign?.();
      for (const message of messages) this.#receive(message);
    };
    this.#worker.onDeath = (message) => this.die(`its worker ended: ${message}`);
    this.#batcher = new MessageBatcher((messages) => this.#send(messages));
    this.#pulse = new LivenessProbe(stuckMs, {
      busy: () => this.#calls > 0 && this.alive,
      ping: () => this.ask("ping", null),
      changed: (stuck) => this.events.onStuck?.(stuck),
    });
  }

  /** Where it is in its life. */
  get state(): ReplicaState {
    return this.#state;
  }

  /** How many calls are in flight that somebody waits for. */
  get calls(): number {
    return this.#calls - this.#unwanted.size;
  }

  /** Whether it can still answer. */
  get alive(): boolean {
    return this.#state !== "closed" && this.#state !== "dead";
  }

  /** Whether it has not answered a ping for so long that it gets no more calls. */
  get stuck(): boolean {
    return this.#pulse.stuck;
  }

  /** Loads a version; a failure of the user's code is an answer, not an error. */
  async load(order: LoadOrder): Promise<LoadAnswer> {
    await Promise.race([this.started, this.#abandoned.promise]);
    this.#become("loading");
    const answer = await this.ask("load", order);
    if (answer.kind === "ready") this.#become("ready");
    return answer;
  }

  /** Gives up a load. A worker that has not begun with it can still be used for another one. */
  abandon(reason: string): void {
    if (this.#state !== "starting" && this.#state !== "standby") return this.end(reason);
    this.#abandoned.reject(new Error(reason));
    this.#abandoned = silentDeferred<never>();
    this.events = {};
  }

  /**
   * Has the Executor handle one request. Cancelling rejects at once and tells the handler. With a
   * stream, the documents go there one by one.
   */
  call(call: Call, { cancel, stream }: RequestContext): Promise<CallAnswer> {
    this.#calls++;
    this.#pulse.watch();
    const id = this.#nextId;
    const params = stream === undefined ? call : { ...call, window: WINDOW };
    const answer = this.ask("call", params, sizeOf(call), stream);
    cancel.onCancel((reason) => this.#cancel(id, reason));
    if (stream !== undefined) {
      stream.onConsumed = (credit) => this.#batcher.send({ kind: "window-update", id, credit });
    }
    return answer;
  }

  /** Asks the worker for something; `size` is about how many characters it gives. */
  ask<K extends RpcMethod>(
    kind: K,
    params: RpcMethods[K]["params"],
    size = 0,
    stream?: StreamQueue,
  ): Promise<RpcMethods[K]["result"]> {
    const id = this.#nextId++;
    return new Promise<RpcMethods[K]["result"]>((resolve, reject) => {
      const promise = { resolve: resolve as (value: unknown) => void, reject };
      this.#pending.set(id, new Pending(kind, promise, stream));
      if (this.alive) this.#batcher.send({ kind, id, params } as ToWorker, size);
      else this.#take(id)?.reject(new Error(`Cannot ask a worker that is ${this.#state}`));
    });
  }

  /** Resolves when no call is in flight; it gets no more calls. */
  drained(): Promise<void> {
    if (this.alive) this.#become("draining");
    return this.idle();
  }

  /** Resolves when no call is in flight. */
  idle(): Promise<void> {
    return this.calls === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Constructs the Executor of a load that paused; a failure of the user's code is an answer, not an error. */
  async construct(): Promise<LoadAnswer> {
    const answer = await this.ask("construct", null);
    if (answer.kind === "ready") this.#become("ready");
    return answer;
  }

  /**
   * Lets the Executor close itself, then ends the worker.
   *
   * @param reason What calls still in flight are told.
   * @param timeoutMs How long the Executor's `close()` may take, in milliseconds.
   * @returns What the Executor's `close()` threw, if it did, or that it took too long.
   */
  async close(reason: string, timeoutMs: number): Promise<string | undefined> {
    const complaint = await this.closeExecutor(timeoutMs);
    this.end(reason);
    return complaint;
  }

  /** Lets the Executor close itself. A worker whose `close()` takes too long is ended, since its state is unknown. */
  async closeExecutor(timeoutMs: number): Promise<string | undefined> {
    if (!this.alive || this.stuck || this.#state === "starting" || this.#state === "standby") {
      return undefined;
    }
    const { promise: late, reject } = silentDeferred<never>();
    const why = `close() did not end within ${timeoutMs} ms; \`closeTimeout\` gives it more time`;
    const cancelTimer = after(timeoutMs, () => {
      reject(new Error(why));
      this.end(why);
    });
    return await Promise.race([this.ask("close", null), late]).then(
      () => undefined,
      (error: Error) => error.message,
    ).finally(cancelTimer);
  }

  /** Cancels all calls in flight with this error; the worker lives on, and its handlers are told. Says how many. */
  cutCalls(reason: Error): number {
    const calls = [...this.#pending].filter(([id, { kind }]) => kind === "call" && !this.#unwanted.has(id));
    for (const [id] of calls) this.#cancel(id, reason);
    return calls.length;
  }

  /** Ends the streams that are open, and tells their generators; the worker lives on. Says which they were. */
  cutStreams(reason: string): StreamName[] {
    const open = [...this.#pending].filter(([id, { stream }]) => stream && !this.#unwanted.has(id));
    for (const [id] of open) this.#cancel(id, new DOMException(reason, "AbortError"));
    return open.map(([, { stream }]) => stream as StreamName);
  }

  /** Ends the worker at once; calls in flight are told the reason. */
  end(reason: string): void {
    if (this.alive) this.#finish("closed", reason);
  }

  /** Counts it as dead, and ends what is left of it; its owner is told. */
  die(reason: string): void {
    if (!this.alive) return;
    this.#finish("dead", reason);
    this.events.onDeath?.(reason);
  }

  /** What cannot be cloned is refused to whoever gave it, and to nobody else. */
  #send(messages: readonly ToWorker[]): void {
    try {
      this.#worker.post(messages);
    } catch (error) {
      if (messages.length === 1) this.#take(messages[0].id)?.reject(error as Error);
      else for (const message of messages) this.#send([message]);
    }
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case "ready":
        if (this.#state === "starting") this.#become("standby");
        return this.#settleStart.resolve();
      case "answer":
        return this.#take(message.id)?.resolve(message.result);
      case "error":
        return this.#take(message.id)?.reject(new RpcError(message.error));
      case "stream-start":
        return this.#pending.get(message.id)?.begin(message.stream);
      case "stream-chunk":
        return this.#pending.get(message.id)?.put(message.doc);
      case "imported":
        return this.events.onImported?.(message.file);
      case "log":
        return this.events.onLog?.(message.record);
      case "output":
        return this.events.onOutput?.(message.stream, message.text);
      case "uncaught":
        return this.events.onUncaught?.(message.error);
      case "exit":
        return this.die(`${message.how} was called`);
      default:
        return message satisfies never;
    }
  }

  /** Every pending answer is taken out here, once: it counts the calls in flight. */
  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (pending?.kind === "call") {
      this.#calls--;
      this.#unwanted.delete(id);
      this.#settleIdle();
    }
    return pending;
  }

  /** Nobody waits any more; the worker's answer is still to come. */
  #cancel(id: number, reason: Error): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#batcher.send({ kind: "abort", id, reason: reason.message });
    this.#unwanted.add(id);
    this.#settleIdle();
    pending.reject(reason);
  }

  #settleIdle(): void {
    if (this.calls > 0 || this.#idle.length === 0) return;
    const waiting = this.#idle;
    this.#idle = [];
    for (const resolve of waiting) resolve();
  }

  #become(state: ReplicaState): void {
    this.#state = state;
    this.events.onState?.(state);
  }

  #finish(state: "closed" | "dead", reason: string): void {
    this.#pulse.stop();
    this.#become(state);
    const error = new Error(reason);
    this.#settleStart.reject(error);
    const busy = this.#pending.size > 0;
    for (const id of [...this.#pending.keys()]) this.#take(id)?.reject(error);
    if (busy && state === "closed") this.#endOnceItYields();
    else this.#terminate(true);
  }

  /** A worker with work may be in a loop; whoever waits for its end is to know. */
  #endOnceItYields(): void {
    const patience = setTimeout(() => this.#terminate(runtime.canKillLoops), YIELD_MS);
    this.#worker.onMessage = this.#worker.onDeath = () => {
      clearTimeout(patience);
      this.#terminate(true);
    };
    this.#batcher.send({ kind: "ping", id: this.#nextId++, params: null });
    this.#batcher.flush();
  }

  #terminate(yielded: boolean): void {
    this.#worker.onMessage = () => {};
    this.#worker.terminate().then((ended) => this.#settleGone(ended && yielded));
  }
}
