import { isTimedOut } from "../async/deadline.ts";
import { MessageBatcher } from "../async/message_batcher.ts";
import type { LogRecord } from "../log/logger.ts";
import type {
  Call,
  CallDone,
  FileContent,
  FromInstance,
  FromWorker,
  LoadAnswer,
  LoadOrder,
  ToWorker,
} from "../protocol/protocol.ts";
import { buffersOf } from "../protocol/transfer.ts";
import type { OutputStream } from "../runtime/mod.ts";
import { activeRequest } from "../runtime/request_scope.ts";
import { workerRuntime } from "../runtime/worker.ts";
import { startTracing, tracing } from "../trace/tracing.ts";
import { describeError } from "./_library_files.ts";
import { warmUp } from "./_warm_up.ts";
import { Converter } from "./converter.ts";
import { Instance } from "./instance.ts";
import { KeptValues } from "./kept_values.ts";
import type { VersionModules } from "./version_modules.ts";
import { FixedModuleError, isPackage, ModuleGraph } from "./module_graph.ts";

type RpcMessage = Exclude<ToWorker, { kind: "abort" | "flush" | "window-update" | "call" }>;

/** A worker's side of the protocol: passes the host's requests to the versions of an Executor in this worker. */
export class WorkerServer {
  readonly #batcher = new MessageBatcher<FromWorker>((messages) => this.#post(messages));
  readonly #graph = new ModuleGraph();
  readonly #instances = new Map<number, Instance>();
  readonly #kept = new KeptValues({
    onChange: (values, disposing) => this.#batcher.send({ kind: "kept", values, disposing }),
    onError: (name, error) =>
      this.#report(new Error(`the kept value "${name}" could not be released`, { cause: error })),
  });
  /** Handles what needs no Executor, in a worker that has none. */
  readonly #converter = new Converter((message) => this.#send(0, message, lengthOf(message)));
  /** The hashes of the contents that the host has, by path. */
  readonly #sent = new Map<string, string>();
  /** The ends of instances that are under way. What an exclusive Executor holds is free after them. */
  readonly #releases = new Set<Promise<void>>();
  /** The modules of packages that were imported beforehand. */
  #preloaded?: readonly string[];
  /** The number of steps of loads under way. */
  #loads = 0;
  /** Settled when no preload is under way. */
  #preloading: Promise<unknown> = Promise.resolve();
  /** Sends an incomplete line, where output is captured. */
  #flushOutput = () => {};

  /** Installs the guards and hooks, and reports that the worker is ready. */
  start(): void {
    workerRuntime.guardExits((how) => this.#refuseExit(how));
    workerRuntime.onUncaught((error) => {
      this.#flushOutput();
      this.#report(error);
    });
    this.#graph.observe((modules, file) => {
      for (const [number, instance] of this.#instances) {
        if (instance.modules === modules && instance.isLoaded) this.#send(number, { kind: "imported", file });
      }
    });
    workerRuntime.onMessage((messages) => {
      for (const message of messages as ToWorker[]) this.#receive(message);
    });
    this.#batcher.send({ kind: "ready" });
  }

  #receive(message: ToWorker): void {
    const { kind, id, instance: number = 0 } = message;
    const instance = this.#instances.get(number);
    switch (kind) {
      case "abort":
        return (instance?.dispatcher ?? this.#converter).abort(id, message.reason);
      case "flush":
        return instance?.dispatcher?.flush(message.isLast);
      case "window-update":
        return (instance?.dispatcher ?? this.#converter).addCredit(id, message.credit);
      case "call":
        if (instance === undefined && message.params.parseOnly) {
          return this.#reply(number, id, this.#converter.call(id, message.params));
        }
        return this.#reply(number, id, call(instance, id, message.params) ?? Promise.reject(noInstance()));
      default:
        return this.#reply(number, id, this.#handle(message, instance));
    }
  }

  /** Sends a message of an instance; the number of the first one is left out. */
  #send(number: number, message: FromInstance, size?: number): void {
    this.#batcher.send(number === 0 ? message : { ...message, instance: number }, size);
  }

  #reply(number: number, id: number, answer: unknown): void {
    Promise.resolve(answer).then(
      (result) =>
        this.#send(number, { kind: "answer", id, result }, (result as Partial<CallDone>)?.docs?.length),
      (error) => this.#send(number, { kind: "error", id, error: describeError(error) }),
    );
  }

  async #handle(message: RpcMessage, instance: Instance | undefined): Promise<unknown> {
    switch (message.kind) {
      case "load":
        return await this.#load(message.instance ?? 0, message.params);
      case "ping":
        return null;
      case "capture":
        this.#flushOutput = workerRuntime.captureOutput((stream, text) => this.#sendOutput(stream, text));
        return null;
      case "warm-up":
        return await warmUp(), null;
      case "preload":
        return await (this.#preloading = this.#preload(message.params.urls));
      case "files":
        return instance?.modules.hashes ?? [];
      case "release":
        return await this.#release(message.instance ?? 0, message.params.overtaken), null;
      case "clear":
        return await this.#kept.clear().finally(() => this.#flushOutput()), null;
      case "construct":
      case "resume":
        // One may never end.
        await isTimedOut(message.params.waitMs, Promise.all(this.#releases));
    }
    if (instance === undefined || !this.#instances.has(message.instance ?? 0)) throw noInstance();
    switch (message.kind) {
      case "construct":
        return await this.#step(instance, () => instance.construct());
      case "save":
        return await instance.save(message.params.byReference);
      case "restore": {
        const saved = message.params;
        const from = "instance" in saved ? this.#instances.get(saved.instance)?.saved : saved.value;
        return await instance.restore(from), null;
      }
      case "close":
        return await instance.close().finally(() => this.#flushOutput()), null;
      case "resume":
        return await instance.resume().finally(() => this.#flushOutput()), null;
      default:
        return message satisfies never;
    }
  }

  /** Imports modules of installed packages in this order, and links others. Throws when one cannot be imported. */
  async #preload(urls: readonly string[]): Promise<number> {
    const startedAt = performance.now();
    const { own = [], packages = [] } = Object.groupBy(urls, (url) => isPackage(url) ? "packages" : "own");
    this.#preloaded = packages;
    if (own.length > 0) await this.#graph.link(own);
    for (const url of packages) await import(url);
    return performance.now() - startedAt;
  }

  /** Loads a version: into a fresh worker, or beside its predecessor, whose unchanged modules it shares. */
  async #load(number: number, order: LoadOrder): Promise<LoadAnswer> {
    await this.#preloading.catch(() => {});
    const base = order.base === undefined ? undefined : this.#instances.get(order.base)?.modules;
    const modules = this.#addModules(order, base);
    if ("kind" in modules) return modules;
    const instance = new Instance({
      number,
      ...(base === undefined && this.#preloaded && { preloaded: this.#preloaded }),
      kept: this.#kept,
      send: (message, size) => this.#send(number, message, size),
      log: (record) => this.#log(record),
      flushOutput: () => this.#flushOutput(),
    }, modules);
    this.#instances.set(number, instance);
    if (base !== undefined) this.#announce(number, base.contents);
    return await this.#step(instance, () => instance.load(order));
  }

  #addModules(order: LoadOrder, base?: VersionModules): VersionModules | LoadAnswer {
    try {
      return this.#graph.add(order, base);
    } catch (error) {
      if (error instanceof FixedModuleError) return { kind: "unsuitable", reason: error.message };
      throw error;
    }
  }

  /** Makes a step of a load. */
  async #step(instance: Instance, step: () => Promise<LoadAnswer>): Promise<LoadAnswer> {
    this.#loads++;
    const answer = await step().finally(() => this.#loads--);
    // The modules may have registered OpenTelemetry.
    await startTracing();
    if (answer.kind === "failed") this.#graph.restoreRequired(instance.modules);
    return answer;
  }

  /** Reports a load in place before code runs that may never yield. */
  #announce(instance: number, known: readonly FileContent[]): void {
    const contents = known.filter(([path, hash]) => this.#sent.get(path) !== hash);
    for (const [path, hash] of contents) this.#sent.set(path, hash);
    this.#batcher.send({ kind: "loading", instance, contents });
    this.#batcher.flush();
  }

  #release(number: number, overtaken: boolean): Promise<void> {
    const release = this.#end(number, overtaken).finally(() => this.#releases.delete(release));
    this.#releases.add(release);
    return release;
  }

  async #end(number: number, overtaken: boolean): Promise<void> {
    const instance = this.#instances.get(number);
    this.#instances.delete(number);
    await instance?.release(overtaken);
    if (instance !== undefined) this.#graph.remove(instance.modules);
    if (this.#instances.size === 0) await this.#kept.clear();
    this.#flushOutput();
  }

  #log({ event: _, ...record }: LogRecord): void {
    this.#flushOutput();
    const requestId = activeRequest();
    this.#batcher.send({ kind: "log", record: requestId === undefined ? record : { ...record, requestId } });
  }

  /** Sends output at once: the line before a loop that never yields is the one that shows where the loop is. */
  #sendOutput(stream: OutputStream, text: string): void {
    this.#batcher.send({ kind: "output", stream, text });
    this.#batcher.flush();
  }

  #report(error: unknown): void {
    this.#batcher.send({ kind: "uncaught", error: describeError(error) });
  }

  #refuseExit(how: string): never {
    this.#flushOutput();
    // During a load, the error alone fails the load.
    const hasLoaded = [...this.#instances.values()].some(({ isLoaded }) => isLoaded);
    if (hasLoaded && this.#loads === 0) this.#batcher.send({ kind: "exit", how });
    this.#batcher.flush();
    throw new Error(`${how} was called: an Executor cannot end the worker or the process it runs in`);
  }

  /** Posts messages; one that cannot be cloned, such as a state, does not take the others with it. */
  #post(messages: readonly FromWorker[]): void {
    try {
      workerRuntime.post(messages, buffersOf(messages));
    } catch (error) {
      const [message] = messages;
      if (messages.length > 1) messages.forEach((message) => this.#post([message]));
      else if (message.kind === "answer") {
        const { id, instance } = message;
        this.#post([{ kind: "error", id, error: describeError(error), ...(instance && { instance }) }]);
      }
    }
  }
}

/** Handles a call; the spans of its handler are children of the call's span. */
function call(
  instance: Instance | undefined,
  id: number,
  params: Call,
): ReturnType<Instance["call"]> | undefined {
  return params.traceparent === undefined || tracing.spans === undefined
    ? instance?.call(id, params)
    : tracing.spans.within(params.traceparent, () => instance?.call(id, params));
}

function lengthOf(message: FromInstance): number {
  return message.kind === "stream-chunk" ? message.doc.length : 0;
}

function noInstance(): Error {
  return new Error("Cannot call the Executor: no version is loaded in this worker");
}
