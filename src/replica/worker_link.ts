import { CutError, formatError } from "../errors/mod.ts";
import { runtime, type WorkerHandle } from "../runtime/mod.ts";
import { after } from "../async/deadline.ts";
import { MessageBatcher } from "../async/message_batcher.ts";
import { silentDeferred } from "../async/silent_deferred.ts";
import type { FromInstance, FromWorker, KeptName, ToWorker } from "../protocol/protocol.ts";
import { withCopies } from "../protocol/transfer.ts";
import { Logger } from "../log/logger.ts";
import { hinted } from "./exclusive_hint.ts";
import { LivenessProbe } from "./_liveness_probe.ts";
import type { WorkerLauncher } from "./worker_launcher.ts";

/**
 * How long an idle worker may take to answer before it counts as one that does not yield, in milliseconds. The import of a
 * large package takes hundreds of them.
 */
export const YIELD_MS = 1_000;

const STANDBY_LOG = new Logger("a standby worker", () => {});

/** The names of the logs that say that nothing is kept. */
const noted = new Set<string>();

/** A replica, as its worker sees it. */
export interface LinkedReplica {
  /** Whether it has calls in flight, cancelled ones included. */
  readonly hasCalls: boolean;
  /** The id of its oldest call in flight; `Infinity` without any. */
  readonly oldestCall: number;
  /** The id of its next message. */
  readonly nextId: number;
  receive(message: FromInstance): void;
  /** Called when its worker has loaded the library. */
  standBy(): void;
  /** Called when its load in place begins. */
  begin(): void;
  /** Called when the worker no longer yields, or yields again. */
  onStuckChange(): void;
  /** Cancels all calls in flight, and returns their number. */
  cutCalls(reason: Error): number;
  ping(): Promise<unknown>;
  end(reason: string): void;
  /**
   * Called when the worker has ended by itself.
   *
   * @param wasHeldUp Whether a call was in flight that is older than its load: that call may be the reason.
   */
  die(reason: string, wasHeldUp: boolean): void;
}

/** How long a worker may take, in milliseconds. */
export interface WorkerLimits {
  /** How long it may leave a ping unanswered before it counts as stuck. */
  readonly stuckMs: number;
  /** How long the disposal of what it keeps may take. */
  readonly closeMs: number;
}

/** One worker, as the main thread sees it: its messages, whether it yields, and its end. Its replicas share it. */
export class WorkerLink {
  #log = STANDBY_LOG;
  /** What the worker of no deployment has to say. */
  readonly #unread: FromWorker[] = [];
  /** The values that its Executors keep. */
  kept: readonly KeptName[] = [];
  #disposing: readonly string[] = [];
  /** The contents of the files of the version that the last load in place started from, by path. */
  readonly contents = new Map<string, readonly [hash: string, content: Uint8Array]>();
  readonly #worker: WorkerHandle;
  readonly #batcher: MessageBatcher<ToWorker>;
  readonly #probe: LivenessProbe;
  readonly #started = silentDeferred<void>();
  /** Resolves when the worker has loaded the library; rejects when it ends before. */
  readonly started = this.#started.promise;
  readonly #gone = Promise.withResolvers<boolean>();
  /** Resolves when the worker has ended: `true` if it had yielded; otherwise its thread may live on. */
  readonly gone = this.#gone.promise;
  /** The replicas by instance. */
  readonly #replicas = new Map<number, LinkedReplica>();
  /** The instances whose load in place, or whose end, has not been answered, even if their replicas have ended. */
  readonly #unfinished = new Set<number>();
  /** For each instance that was loaded in place, the next message of each replica at that time. */
  readonly #marks = new Map<number, ReadonlyMap<LinkedReplica, number>>();
  #instances = 0;
  #ended?: string;

  /**
   * Starts a worker. A thread's start blocks the calling thread for some milliseconds: do it while no request waits.
   *
   * @param limits How long it may be silent, and how long its end may take.
   * @param reads The files that it may read, as far as its launcher limits them.
   */
  constructor(
    launcher: WorkerLauncher,
    private readonly limits: WorkerLimits,
    readonly reads: readonly string[] = [],
  ) {
    this.#worker = launcher.launch("hotflow");
    this.#worker.onMessage = (messages) => {
      if (isFromEntry(messages)) return messages.forEach((message) => this.#receive(message));
      this.log.warning(
        "posted a message that nothing receives: in an Executor's worker, postMessage() is hotflow's own",
      );
    };
    this.#worker.onDeath = (message) => this.die(`its worker ended: ${message}`);
    this.#batcher = new MessageBatcher((messages) => this.#send(messages));
    this.#probe = new LivenessProbe(limits.stuckMs, {
      isBusy: () => this.#unfinished.size > 0 || this.#all.some(({ hasCalls }) => hasCalls),
      ping: () => this.#all[0].ping(),
      onChange: (stuck) => {
        if (stuck) this.#giveUpStuck();
        else this.log.info("yields again");
        for (const replica of this.#all) replica.onStuckChange();
      },
    });
  }

  /** The log of its replicas. */
  get log(): Logger {
    return this.#log;
  }

  /** Sets the log; it gets the lines of a worker that belonged to no deployment until then. */
  set log(log: Logger) {
    this.#log = log;
    for (const message of this.#unread.splice(0)) this.#receive(message);
  }

  /** Whether the worker has not answered for too long. */
  get stuck(): boolean {
    return this.#probe.stuck;
  }

  /** The number of replicas in it. */
  get size(): number {
    return this.#replicas.size;
  }

  /** Whether the worker can be ended even if it never yields. */
  get killable(): boolean {
    return this.#worker.killable;
  }

  /** The names of the kept values that are still being made. */
  get making(): string[] {
    return this.kept.filter(([, , isMade]) => !isMade).map(([name]) => name);
  }

  /** The disposals that are under way, in words. */
  get disposal(): string {
    return `the disposal of ${this.#disposing.map((name) => `"${name}"`).join(" and ") || "what was kept"}`;
  }

  /** Adds a replica, and returns its instance. */
  join(replica: LinkedReplica): number {
    const instance = this.#instances++;
    this.#replicas.set(instance, replica);
    return instance;
  }

  /** Removes a replica. The worker ends with the last one. */
  leave(instance: number, how: { isBusy: boolean; overtaken: boolean }, reason: string): void {
    const { isBusy, overtaken } = how;
    if (!this.#replicas.delete(instance) || this.#ended !== undefined) return;
    if (this.#replicas.size > 0) {
      this.send({ kind: "release", id: 0, params: { overtaken }, instance });
      if (isBusy) this.watchUnfinished(instance);
      return;
    }
    this.#end(reason);
    this.#finish(isBusy);
  }

  /** Ends all replicas, and with the last one the worker. */
  end(reason: string): void {
    for (const replica of this.#all) replica.end(reason);
  }

  /** Called before an instance is loaded in place. */
  beginLoad(instance: number): void {
    this.#marks.set(instance, new Map(this.#all.map((replica) => [replica, replica.nextId])));
    this.watchUnfinished(instance);
  }

  /** Watches the load or the end of one of several instances, which may never yield, until the instance answers. */
  watchUnfinished(instance: number): void {
    this.#unfinished.add(instance);
    this.#probe.watch();
    if (this.stuck) this.#giveUpStuck();
  }

  /** Watches whether the worker yields until it has no work. */
  watch(): void {
    this.#probe.watch();
  }

  send(message: ToWorker, size = 0): void {
    this.#batcher.send(message, size);
  }

  /**
   * Ends the worker as one that has failed, with all of its replicas.
   *
   * @param terminate How it is terminated.
   */
  die(reason: string, terminate = () => this.#terminate(!this.stuck || this.killable)): void {
    if (this.#ended !== undefined) return;
    this.#end(reason);
    const replicas = [...this.#replicas].map(([instance, replica]) => {
      const marks = [...this.#marks.get(instance) ?? []];
      return { replica, wasHeldUp: marks.some(([other, next]) => other.oldestCall < next) };
    });
    this.#replicas.clear();
    terminate();
    for (const { replica, wasHeldUp } of replicas) replica.die(reason, wasHeldUp);
  }

  /** Ends the worker as one that has failed since it does not yield. */
  kill(reason: string): void {
    this.die(reason, () => this.#terminate(this.killable));
  }

  /** Makes its log that of no deployment. */
  resetLog(): void {
    this.#log = STANDBY_LOG;
  }

  get #all(): LinkedReplica[] {
    return [...this.#replicas.values()];
  }

  #receive(message: FromWorker): void {
    if (this.#log === STANDBY_LOG && /^(?:output|uncaught|log)$/.test(message.kind)) {
      this.#unread.push(message);
      return;
    }
    switch (message.kind) {
      case "ready":
        for (const replica of this.#all) replica.standBy();
        return this.#started.resolve();
      case "loading":
        for (const [path, hash, content] of message.contents) this.contents.set(path, [hash, content]);
        return this.#replicas.get(message.instance)?.begin();
      case "kept":
        this.kept = message.values;
        this.#disposing = message.disposing;
        return this.#noteKeeping();
      case "output": {
        const { stream, text } = message;
        return this.log.log(stream === "stdout" ? "info" : "warning", text, { kind: "output", stream });
      }
      case "uncaught":
        return this.log.error(`an error outside of any request: ${formatError(hinted(message.error))}`);
      case "exit":
        return this.die(`${message.how} was called`, () => this.#finish(true));
      case "log": {
        const { level, message: text, traceId, requestId } = message.record;
        return this.log.log(level, text, undefined, traceId, requestId);
      }
      default: {
        const { instance = 0 } = message;
        this.#unfinished.delete(instance);
        if (message.kind === "answer") this.#marks.delete(instance);
        return this.#replicas.get(instance)?.receive(message);
      }
    }
  }

  /** Sends messages. One that cannot be cloned fails its own caller only. */
  #send(messages: readonly ToWorker[]): void {
    try {
      if (this.#worker.copies) return this.#worker.post(messages);
      const buffers: ArrayBuffer[] = [];
      this.#worker.post(messages.map((message) => withCopies(message, buffers)), buffers);
    } catch (error) {
      if (messages.length > 1) { for (const message of messages) this.#send([message]); }
      else {
        const [{ id, instance = 0 }] = messages;
        const { name, message } = error as Error;
        this.#replicas.get(instance)?.receive({ kind: "error", id, error: { name, message, stack: "" } });
      }
    }
  }

  /**
   * Answers the requests in a worker that does not yield, and ends the worker where that is possible, or where a load in
   * place may loop for ever: its deployment then replaces it. Under a debugger nothing is given up, since a worker that is
   * paused at a breakpoint does not yield either.
   */
  #giveUpStuck(): void {
    const { limits: { stuckMs }, log, killable } = this;
    const beginning = "has not yielded for too long: it gets no more requests";
    if (runtime.isInspected) {
      return log.warning(`${beginning}; those in it are kept, since a debugger may have paused it`);
    }
    const error = new CutError(
      `${log.name} has not yielded for ${stuckMs} ms, and the requests in it were given up: a handler loops, or ` +
        "works for long without awaiting anything; the Flow's option stuckAfter (stuck_after in YAML) raises the limit",
    );
    const calls = this.#all.map((replica) => replica.cutCalls(error)).reduce((sum, cut) => sum + cut, 0);
    const answered = calls === 0 ? "" : `, and ${calls === 1 ? "the one" : `the ${calls}`} in it got 503`;
    const ends = killable || this.#unfinished.size > 0;
    const next = ends ? "The" : "Save a version that yields, or restart the process; the";
    log.error(`${beginning}${answered}. ${next} limit is stuckAfter, ${stuckMs} ms`);
    if (ends) this.die(`it did not yield for ${stuckMs} ms`);
  }

  /** Where versions are not loaded in place, the log says once what becomes of kept values. */
  #noteKeeping(): void {
    const { log, kept: [[name] = []] } = this;
    if (runtime.reloadsInPlace || name === undefined || noted.has(log.name)) return;
    noted.add(log.name);
    log.info(
      `keeps "${name}" for one version only: Bun cannot reload in place, so each version makes it again`,
    );
  }

  #end(reason: string): void {
    this.#ended = reason;
    this.#probe.stop();
    this.#started.reject(new Error(reason));
  }

  /**
   * Terminates a worker, once it has let go of what it keeps. One that has work may be in an endless loop, and live on as
   * a thread: whether it yields is found out first.
   */
  #finish(isBusy: boolean): void {
    const isKeeping = this.kept.some(([, , isMade]) => isMade);
    if (!isBusy && !isKeeping) return this.#terminate(true);
    let cancelTimer = after(YIELD_MS, () => this.#terminate(this.killable));
    const end = () => {
      cancelTimer();
      this.#terminate(true);
    };
    this.#worker.onDeath = end;
    let yields = false;
    this.#worker.onMessage = (messages) => {
      if (!isKeeping) return end();
      if (!yields) {
        yields = true;
        cancelTimer();
        cancelTimer = after(this.limits.closeMs, () => this.#cutDisposal());
      }
      if (isFromEntry(messages) && this.#receiveAtEnd(messages)) end();
    };
    this.send({ kind: isKeeping ? "clear" : "ping", id: 0, params: null });
    this.#batcher.flush();
  }

  /** Receives what a worker that ends has to say. Returns whether it has let go of what it kept. */
  #receiveAtEnd(messages: readonly FromWorker[]): boolean {
    let isDone = false;
    for (const message of messages) {
      if (message.kind === "answer" || message.kind === "error") isDone ||= message.id === 0;
      else if (["kept", "output", "log", "uncaught"].includes(message.kind)) this.#receive(message);
    }
    return isDone;
  }

  #cutDisposal(): void {
    this.log.warning(
      `what was kept could not be released: ${this.disposal} did not end within ${this.limits.closeMs} ms; ` +
        "`closeTimeout` gives it more time",
    );
    this.#terminate(true);
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
