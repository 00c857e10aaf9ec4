import type { RequestContext } from "../protocol/request_context.ts";
import { CutError, type FileHashes, formatError } from "../errors/mod.ts";
import { runtime, type WorkerHandle } from "../runtime/mod.ts";
import { replicaChannel, type ReplicaMessage } from "../runtime/channels.ts";
import { type StreamQueue, WINDOW } from "../protocol/stream_queue.ts";
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
import { Logger } from "../log/logger.ts";
import { after } from "../async/deadline.ts";
import { silentDeferred } from "../async/silent_deferred.ts";
import { PendingAnswers } from "./_pending_answers.ts";
import { LivenessProbe } from "./_liveness_probe.ts";
import { hinted } from "./exclusive_hint.ts";
import { RpcError } from "./rpc_error.ts";
import type { WorkerLauncher } from "./worker_launcher.ts";

/** How long an idle worker may take to answer before it counts as one that does not yield, in milliseconds. */
export const YIELD_MS = 250;

type ReplicaState = ReplicaMessage["state"];

const STANDBY_LOG = new Logger("a standby worker", () => {});

/** The host's side of one worker. Each call in flight is settled by an answer, or by the worker's end. */
export class Replica {
  /** Its number among the replicas of its deployment. */
  index = 0;
  /** Its log, under its own name; lines of a worker that belongs to no deployment yet are dropped. */
  log = STANDBY_LOG;
  /** Called with a file that its code imports after the load. */
  onImported: (file: FileHashes[number]) => void = () => {};
  /** Called when the worker has ended without a request of its owner. */
  onDeath: (reason: string) => void = () => {};
  readonly #worker: WorkerHandle;
  readonly #batcher: MessageBatcher<ToWorker>;
  readonly #pending = new PendingAnswers();
  readonly #probe: LivenessProbe;
  readonly #started = silentDeferred<void>();
  /** Resolves when the worker has loaded the library; rejects when it ends before. */
  readonly started = this.#started.promise;
  readonly #gone = Promise.withResolvers<boolean>();
  /** Resolves when the worker has ended: `true` if it had yielded; otherwise its thread may live on. */
  readonly gone = this.#gone.promise;
  #abandoned = silentDeferred<never>();
  #state: ReplicaState = "starting";

  /**
   * Starts a worker. A thread's start blocks the calling thread for some milliseconds: do it while no request waits.
   *
   * @param stuckMs How long the worker may leave a ping unanswered before it counts as stuck, in milliseconds.
   */
  constructor(launcher: WorkerLauncher, private readonly stuckMs: number) {
    this.#worker = launcher.launch("hotflow");
    this.#worker.onMessage = (messages) => {
      if (isFromEntry(messages)) return messages.forEach((message) => this.#receive(message));
      this.log.warning(
        "posted a message that nothing receives: in an Executor's worker, postMessage() is hotflow's own",
      );
    };
    this.#worker.onDeath = (message) => this.die(`its worker ended: ${message}`);
    this.#batcher = new MessageBatcher((messages) => this.#send(messages));
    this.#probe = new LivenessProbe(stuckMs, {
      isBusy: () => this.#pending.hasCalls && this.alive,
      ping: () => this.invoke("ping", null),
      onChange: (stuck) => stuck ? this.#giveUpStuck() : this.log.info("yields again"),
    });
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
    return this.#probe.stuck;
  }

  /** Whether its worker can be ended even if it never yields. */
  get killable(): boolean {
    return this.#worker.killable;
  }

  /** Whether no load has begun in it, so that it can be used for any. */
  get isFresh(): boolean {
    return this.#state === "starting" || this.#state === "standby";
  }

  /** Loads a version; a failure of the user's code is an answer, not an error. */
  async load(order: LoadOrder): Promise<LoadAnswer> {
    await Promise.race([this.started, this.#abandoned.promise]);
    this.#become("loading");
    return this.#becomeReady(await this.invoke("load", order));
  }

  /** Constructs the Executor of a load that paused; a failure of the user's code is an answer, not an error. */
  async construct(): Promise<LoadAnswer> {
    return this.#becomeReady(await this.invoke("construct", null));
  }

  /** Gives up a load. A worker that has not begun with it belongs to no deployment then, and can be used for any. */
  abandon(reason: string): void {
    if (!this.isFresh) return this.end(reason);
    this.#abandoned.reject(new Error(reason));
    this.#abandoned = silentDeferred<never>();
    this.log = STANDBY_LOG;
    this.onImported = this.onDeath = () => {};
  }

  /**
   * Has the Executor handle one request. Cancelling rejects at once, and aborts the handler. With a stream, the
   * documents of the answer are pushed to it one by one.
   */
  call(call: Call, { cancel, stream }: RequestContext): Promise<CallAnswer> {
    this.#probe.watch();
    const id = this.#pending.nextId;
    const params = stream === undefined ? call : { ...call, window: WINDOW };
    const answer = this.invoke("call", params, sizeOf(call), stream);
    cancel.onCancel((reason) => this.#cancel(id, reason));
    if (stream !== undefined) {
      stream.onConsumed = (credit) => this.#batcher.send({ kind: "window-update", id, credit });
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
    if (this.alive) this.#batcher.send({ kind, id, params } as ToWorker, size);
    else this.#pending.reject(id, new Error(`Cannot use a worker that is ${this.#state}`));
    return answer;
  }

  /** Resolves when no call is in flight; it gets no more calls. */
  drained(): Promise<void> {
    if (this.alive) this.#become("draining");
    return this.idle();
  }

  idle(): Promise<void> {
    return this.#pending.idle();
  }

  /**
   * Runs the Executor's `close()`. A worker whose `close()` takes too long is ended, since its state is unknown.
   *
   * @returns The message of the error that it threw, or that it took too long.
   */
  async closeExecutor(timeoutMs: number): Promise<string | undefined> {
    if (!this.alive || this.stuck || this.isFresh) return undefined;
    const { promise: late, reject } = silentDeferred<never>();
    const why = `close() did not end within ${timeoutMs} ms; \`closeTimeout\` gives it more time`;
    const cancelTimer = after(timeoutMs, () => {
      reject(new Error(why));
      this.end(why);
    });
    return await Promise.race([this.invoke("close", null), late]).then(
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

  /** Ends the worker at once; calls in flight are rejected with the reason. */
  end(reason: string): void {
    if (this.alive) this.#finish("closed", reason);
  }

  /** Ends the worker as one that has failed, and reports its death. */
  die(reason: string): void {
    if (!this.alive) return;
    this.#finish("dead", reason);
    this.onDeath(reason);
  }

  #becomeReady(answer: LoadAnswer): LoadAnswer {
    if (answer.kind === "ready") this.#become("ready");
    return answer;
  }

  /** Sends messages. One that cannot be cloned fails its own caller only. */
  #send(messages: readonly ToWorker[]): void {
    try {
      this.#worker.post(messages);
    } catch (error) {
      if (messages.length === 1) this.#pending.reject(messages[0].id, error as Error);
      else for (const message of messages) this.#send([message]);
    }
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case "ready":
        if (this.#state === "starting") this.#become("standby");
        return this.#started.resolve();
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
      case "log":
        return this.log.log(message.record.level, message.record.message);
      case "output": {
        const { stream, text } = message;
        return this.log.log(stream === "stdout" ? "info" : "warning", text, { kind: "output", stream });
      }
      case "uncaught":
        return this.log.error(`an error outside of any request: ${formatError(hinted(message.error))}`);
      case "exit":
        return this.die(`${message.how} was called`);
      default:
        return message satisfies never;
    }
  }

  /** Rejects a call whose answer is still to come, and has the worker abort its handler. */
  #cancel(id: number, reason: Error): void {
    if (this.#pending.cancel(id, reason)) this.#batcher.send({ kind: "abort", id, reason: reason.message });
  }

  #become(state: ReplicaState): void {
    this.#state = state;
    if (replicaChannel.hasSubscribers) replicaChannel.publish({ replica: this.name, state });
    this.log.debug(`is ${state}`);
  }

  /**
   * Answers the requests in a worker that does not yield, and ends the worker where that is possible: its deployment then
   * replaces it. Under a debugger nothing is given up, since a worker that is paused at a breakpoint does not yield either.
   */
  #giveUpStuck(): void {
    const { stuckMs } = this;
    const beginning = "has not yielded for too long: it gets no more requests";
    if (runtime.isInspected) {
      return this.log.warning(`${beginning}; those in it are kept, since a debugger may have paused it`);
    }
    const calls = this.cutCalls(
      new CutError(
        `${this.name} has not yielded for ${stuckMs} ms, and the requests in it were given up: a handler loops, or ` +
          "works for long without awaiting anything; the Flow's option stuckAfter (stuck_after in YAML) raises the limit",
      ),
    );
    const answered = calls === 0 ? "" : `, and ${calls === 1 ? "the one" : `the ${calls}`} in it got 503`;
    const next = this.killable ? "" : "Save a version that yields, or restart the process; ";
    this.log.error(`${beginning}${answered}. ${next}the limit is stuckAfter, ${stuckMs} ms`);
    if (this.killable) this.die(`it did not yield for ${stuckMs} ms`);
  }

  #finish(state: "closed" | "dead", reason: string): void {
    this.#probe.stop();
    this.#become(state);
    const error = new Error(reason);
    this.#started.reject(error);
    const isBusy = this.#pending.size > 0;
    this.#pending.rejectAll(error);
    if (isBusy && state === "closed") this.#terminateOnceItYields();
    else this.#terminate(true);
  }

  /** Finds out whether a worker that has work yields, since one in an endless loop may live on as a thread. */
  #terminateOnceItYields(): void {
    const timer = setTimeout(() => this.#terminate(this.killable), YIELD_MS);
    this.#worker.onMessage = this.#worker.onDeath = () => {
      clearTimeout(timer);
      this.#terminate(true);
    };
    this.#batcher.send({ kind: "ping", id: this.#pending.nextId, params: null });
    this.#batcher.flush();
  }

  #terminate(yielded: boolean): void {
    this.#worker.onMessage = () => {};
    this.#worker.terminate().then((ended) => this.#gone.resolve(ended && yielded));
  }
}

/** Whether messages are from the worker's entry: an Executor's module can post anything. */
function isFromEntry(messages: unknown): messages is FromWorker[] {
  return Array.isArray(messages) && typeof messages[0]?.kind === "string";
}

function sizeOf({ body, branches = [] }: Call): number {
  return branches.reduce((size, branch) => size + branch.length, body.length);
}
