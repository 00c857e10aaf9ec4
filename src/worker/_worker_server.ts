import { MessageBatcher } from "../async/message_batcher.ts";
import { DEFAULT } from "../executor/requests.ts";
import { isExclusive } from "../executor/exclusive.ts";
import type { LogRecord } from "../log/logger.ts";
import type { CallDone, FromWorker, LoadAnswer, LoadOrder, ToWorker } from "../protocol/protocol.ts";
import type { OutputStream } from "../runtime/mod.ts";
import { workerRuntime } from "../runtime/worker.ts";
import { describeError } from "./_library_files.ts";
import { loadFailure } from "./_load_failure.ts";
import { ModuleFiles } from "./_module_files.ts";
import { warmUp } from "./_warm_up.ts";
import { Dispatcher, invokeOn } from "./dispatcher.ts";
import { constructExecutor, findClass, type FoundClass, type LiveVersion } from "./load_executor.ts";

/** A worker's side of the protocol: serves the host's requests with one version of an Executor. */
export class WorkerServer {
  readonly #batcher = new MessageBatcher<FromWorker>((messages) => this.#post(messages));
  readonly #files = new ModuleFiles();
  #loaded?: LiveVersion & { readonly dispatcher: Dispatcher };
  /** Constructs the Executor of a load that has paused after the import. */
  #continueLoad = (): Promise<LoadAnswer> =>
    Promise.reject(new Error("Cannot construct an Executor: no load has paused here"));
  #isClosed = false;
  /** Sends an incomplete line, where output is captured. */
  #flushOutput = () => {};

  /** Installs the guards and hooks, and reports that the worker is ready. */
  start(): void {
    workerRuntime.guardExits((how) => this.#refuseExit(how));
    workerRuntime.onUncaught((error) => {
      this.#flushOutput();
      this.#batcher.send({ kind: "uncaught", error: describeError(error) });
    });
    this.#files.observe((file) => {
      if (this.#loaded !== undefined) this.#batcher.send({ kind: "imported", file });
    });
    workerRuntime.onMessage((messages) => {
      for (const message of messages as ToWorker[]) this.#receive(message);
    });
    this.#batcher.send({ kind: "ready" });
  }

  #receive(message: ToWorker): void {
    switch (message.kind) {
      case "abort":
        return this.#loaded?.dispatcher.abort(message.id, message.reason);
      case "window-update":
        return this.#loaded?.dispatcher.addCredit(message.id, message.credit);
      case "call": {
        const { id, params } = message;
        return this.#reply(id, this.#loaded?.dispatcher.call(id, params) ?? Promise.reject(notLoaded()));
      }
      default:
        return this.#reply(message.id, this.#handle(message));
    }
  }

  #reply(id: number, answer: unknown): void {
    Promise.resolve(answer).then(
      (result) =>
        this.#batcher.send({ kind: "answer", id, result }, (result as Partial<CallDone>)?.docs?.length),
      (error) => this.#batcher.send({ kind: "error", id, error: describeError(error) }),
    );
  }

  async #handle(message: Exclude<ToWorker, { kind: "abort" | "window-update" | "call" }>): Promise<unknown> {
    switch (message.kind) {
      case "load":
        return await this.#load(message.params);
      case "construct":
        return await this.#continueLoad();
      case "save":
        return await this.#executor.saveState?.();
      case "restore":
        return await this.#executor.restoreState?.(message.params), null;
      case "close":
        return await this.#close().finally(() => this.#flushOutput()), null;
      case "resume":
        return await this.#resume().finally(() => this.#flushOutput()), null;
      case "ping":
        return null;
      case "capture":
        this.#flushOutput = workerRuntime.captureOutput((stream, text) => this.#sendOutput(stream, text));
        return null;
      case "warm-up":
        return await warmUp(), null;
      case "files":
        return this.#files.hashes;
      default:
        return message satisfies never;
    }
  }

  get #executor(): LiveVersion["executor"] {
    if (this.#loaded === undefined) throw notLoaded();
    return this.#loaded.executor;
  }

  async #load(order: LoadOrder): Promise<LoadAnswer> {
    this.#files.setCandidates(order);
    return await this.#answerOf(order, async () => {
      const found = await findClass(order);
      const exclusive = isExclusive(found.type, order.replicas);
      this.#continueLoad = () => this.#answerOf(order, () => this.#construct(found, order));
      const pauses = order.pause === "always" || (exclusive && order.pause === "if-exclusive");
      if (pauses) return { kind: "imported", exclusive, files: this.#files.hashes };
      return await this.#construct(found, order);
    });
  }

  async #construct(found: FoundClass, order: LoadOrder): Promise<LoadAnswer> {
    const version = await constructExecutor(found, order, (record) => this.#log(record));
    this.#loaded = { ...version, dispatcher: this.#dispatcherOf(version, order) };
    const { executor, className, bindings } = version;
    const paths = [...bindings].filter(([path]) => path.startsWith("/"));
    return {
      kind: "ready",
      className,
      endpoints: paths.map(([path, method]) => ({ path, method })),
      hasDefault: bindings.has(DEFAULT),
      stateful: typeof executor.saveState === "function" && typeof executor.restoreState === "function",
      exclusive: isExclusive(found.type),
      closes: typeof executor.close === "function",
      files: this.#files.hashes,
    };
  }

  #dispatcherOf({ executor, className, bindings }: LiveVersion, order: LoadOrder): Dispatcher {
    return new Dispatcher({
      deployment: order.deployment,
      replica: `${order.deployment}/rep-${order.replica}`,
      className,
      bindings,
      invoke: invokeOn(executor),
      send: (message) =>
        this.#batcher.send(message, message.kind === "stream-chunk" ? message.doc.length : 0),
    });
  }

  /** The answer of a step of a load; an error of the user's code is an answer, too. */
  async #answerOf(order: LoadOrder, step: () => Promise<LoadAnswer>): Promise<LoadAnswer> {
    try {
      return await step();
    } catch (error) {
      return await loadFailure(error, order, this.#files);
    } finally {
      this.#flushOutput();
    }
  }

  /** Closes the Executor, once. Its last calls have been answered or cut; generators may still be cleaning up. */
  async #close(): Promise<void> {
    const executor = this.#executor;
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#loaded?.dispatcher.settled();
    await executor.close?.();
    workerRuntime.collectGarbage?.();
  }

  /** Sets the closed Executor up again. One without a `close()` was not closed. */
  async #resume(): Promise<void> {
    const executor = this.#executor;
    if (executor.close !== undefined) await executor.setup?.();
    this.#isClosed = false;
  }

  #log({ event: _, ...record }: LogRecord): void {
    this.#flushOutput();
    this.#batcher.send({ kind: "log", record });
  }

  /** Sends output at once: the line before a loop that never yields is the one that shows where the loop is. */
  #sendOutput(stream: OutputStream, text: string): void {
    this.#batcher.send({ kind: "output", stream, text });
    this.#batcher.flush();
  }

  #refuseExit(how: string): never {
    this.#flushOutput();
    // During a load, the error alone fails the load.
    if (this.#loaded !== undefined) this.#batcher.send({ kind: "exit", how });
    this.#batcher.flush();
    throw new Error(`${how} was called: an Executor cannot end the worker or the process it runs in`);
  }

  /** Posts messages; one that cannot be cloned, such as a state, does not take the others with it. */
  #post(messages: readonly FromWorker[]): void {
    try {
      workerRuntime.post(messages);
    } catch (error) {
      const [message] = messages;
      if (messages.length > 1) messages.forEach((message) => this.#post([message]));
      else if (message.kind === "answer") {
        this.#post([{ kind: "error", id: message.id, error: describeError(error) }]);
      }
    }
  }
}

function notLoaded(): Error {
  return new Error("Cannot call the Executor: no version is loaded in this worker");
}
