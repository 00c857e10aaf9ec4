/** What runs inside a worker: the library is loaded, then the host's orders are followed. @module */
// Users' modules import it; loaded here, it costs them nothing when their file is saved.
import "../../mod.ts";
import { type ErrorInfo, toErrorInfo } from "../errors/mod.ts";
import type { LogRecord } from "../log/logger.ts";
import type { OutputStream } from "../runtime/mod.ts";
import { toPath } from "../runtime/paths.ts";
import { workerRuntime } from "../runtime/worker.ts";
import { Dispatcher } from "./dispatch.ts";
import { amendModule, type LiveVersion, loadExecutor, MissingExecutor, urlOf } from "./load.ts";
import { brokenJson } from "./_broken_json.ts";
import { rehearse } from "./_rehearsal.ts";
import { Outbox } from "../runtime/outbox.ts";
import type { FromWorker, LoadAnswer, LoadOrder, ToWorker } from "./protocol.ts";

/** Marks a worker's global scope: a Flow must not start in here. */
(globalThis as Record<symbol, unknown>)[Symbol.for("hotflow.worker")] = true;

/** The library's own files are never the place where a user's mistake is. */
const OWN = ["../../mod.ts", "../"].map((path) => toPath(new URL(path, import.meta.url)));
const outbox = new Outbox<FromWorker>(post);
const files = new Map<string, string | null>();
/** Files whose load has begun and is not over: one that is broken stays here. */
const unread = new Set<string>();
/** The URLs that the version's modules are imported under. */
const versioned = new Map<string, string>();
let live: { version: LiveVersion; dispatcher: Dispatcher } | undefined;

/** Sends a line that is not complete yet, where output is captured. */
let flushOutput = () => {};

const describe = (error: unknown): ErrorInfo => toErrorInfo(error, OWN);

workerRuntime.guardExits((how) => {
  flushOutput();
  // While it loads, the error alone fails the load.
  if (live !== undefined) outbox.put({ kind: "exit", how });
  outbox.flush();
  throw new Error(`${how} was called: an Executor cannot end the worker or the process it runs in`);
});
workerRuntime.onUncaught((error) => {
  flushOutput();
  outbox.put({ kind: "uncaught", error: describe(error) });
});
workerRuntime.hookLoads({
  // Whoever imports it in a circle is to get the version, and not another copy of it.
  resolved: (url) => versioned.get(url) ?? url,
  seen(path, hash) {
    if (/[\\/]node_modules[\\/]/.test(path) || OWN.some((own) => path.startsWith(own))) return;
    files.set(path, hash);
    unread.add(path);
    if (live !== undefined) outbox.put({ kind: "imported", file: [path, hash] });
  },
  loaded(path, hash) {
    if (unread.delete(path) && hash !== undefined) files.set(path, hash);
  },
  amend: amendModule,
});
workerRuntime.onMessage((messages) => {
  for (const message of messages as ToWorker[]) receive(message);
});
outbox.put({ kind: "standby" });

function receive(message: ToWorker): void {
  if (message.kind === "abort") return live?.dispatcher.abort(message.id, message.reason);
  if (message.kind === "more") return live?.dispatcher.more(message.id, message.room);
  follow(message).then(
    (get) => outbox.put({ kind: "answer", id: message.id, get }, sizeOf(get)),
    (error) => outbox.put({ kind: "refusal", id: message.id, error: describe(error) }),
  );
}

/** What cannot be cloned, such as a state, must not take the messages of others with it. */
function post(messages: readonly FromWorker[]): void {
  try {
    workerRuntime.post(messages);
  } catch (error) {
    const [message] = messages;
    if (messages.length > 1) messages.forEach((message) => post([message]));
    else if (message.kind === "answer") post([{ kind: "refusal", id: message.id, error: describe(error) }]);
  }
}

/** How many characters of documents are in an answer. */
function sizeOf(get: unknown): number {
  return (get as { docs?: string } | null)?.docs?.length ?? 0;
}

async function follow(message: Exclude<ToWorker, { kind: "abort" | "more" }>): Promise<unknown> {
  switch (message.kind) {
    case "call":
      return await loaded().dispatcher.call(message.id, message.give);
    case "load":
      return await load(message.give).finally(() => flushOutput());
    case "save":
      return await loaded().version.executor.saveState?.();
    case "restore":
      return await loaded().version.executor.restoreState?.(message.give), null;
    case "close":
      // The last requests were answered or given up; generators among them may be at their clean-up.
      await loaded().dispatcher.cleanedUp();
      return await close().finally(() => flushOutput());
    case "ping":
      return null;
    case "capture":
      flushOutput = workerRuntime.captureOutput(sendOutput);
      return null;
    case "rehearse":
      return await rehearse(), null;
    case "files":
      return [...files];
    default:
      return message satisfies never;
  }
}

async function close(): Promise<null> {
  await loaded().version.executor.close?.();
  return null;
}

/** Sends it at once: the line before a loop that never yields is the one that tells where it is. */
function sendOutput(stream: OutputStream, text: string): void {
  outbox.put({ kind: "output", stream, text });
  outbox.flush();
}

function loaded(): { version: LiveVersion; dispatcher: Dispatcher } {
  if (live === undefined) throw new Error("Cannot do that: no version is loaded here");
  return live;
}

async function load(order: LoadOrder): Promise<LoadAnswer> {
  for (const { url } of order.modules) versioned.set(url, urlOf(url, order.version));
  const sink = ({ event: _, ...record }: LogRecord) => {
    flushOutput();
    outbox.put({ kind: "log", record });
  };
  try {
    const version = await loadExecutor(order, sink);
    const send = (message: FromWorker) =>
      outbox.put(message, message.kind === "part" ? message.doc.length : 0);
    live = { version, dispatcher: new Dispatcher(version, order.deployment, order.replica, describe, send) };
    const { executor, className, bindings } = version;
    const endpoints = [...bindings.keys()].filter((endpoint) => endpoint.startsWith("/"));
    const stateful = typeof executor.saveState === "function" && typeof executor.restoreState === "function";
    return {
      kind: "ready",
      className,
      endpoints,
      hasDefault: bindings.has("default"),
      stateful,
      files: [...files],
    };
  } catch (error) {
    const info = explain(error);
    if (error instanceof MissingExecutor && order.namedAt !== undefined) {
      return { kind: "failed", error: { ...info, place: order.namedAt }, files: [...files] };
    }
    const missing = order.modules.find(({ url, required, namedAt }) =>
      required && namedAt !== undefined && files.get(toPath(url)) === null
    );
    if (missing !== undefined) {
      return { kind: "failed", error: { ...info, place: missing.namedAt }, files: [...files] };
    }
    const [broken = moduleFile(order)] = unread;
    const place = info.place ?? brokenJson(files.keys()) ??
      (broken === undefined ? undefined : { file: broken });
    return { kind: "failed", error: { ...info, ...(place && { place }) }, files: [...files] };
  }
}

/** What went wrong, with what the runtime knows besides. A file that was not found is to be watched for. */
function explain(error: unknown): ErrorInfo {
  const { missing, place, ...clue } = workerRuntime.explain(error, [...files.keys()]);
  if (missing !== undefined) files.set(missing, null);
  const foreign = place !== undefined && !OWN.some((own) => place.file.startsWith(own));
  return { ...describe(error), ...clue, ...(foreign && { place }) };
}

function moduleFile(order: LoadOrder): string | undefined {
  const module = order.modules.find(({ required }) => required);
  return module === undefined ? undefined : toPath(module.url);
}
