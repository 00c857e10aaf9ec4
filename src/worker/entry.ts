/** What runs inside a worker: the library is loaded, then the host's orders are followed. @module */
// Users' modules import it; loaded here, it costs them nothing when their file is saved.
import "../../mod.ts";
import { type ErrorInfo, type Place, toErrorInfo } from "../errors/mod.ts";
import type { LogRecord } from "../log/logger.ts";
import type { LoadClue } from "../errors/mod.ts";
import type { OutputStream } from "../runtime/mod.ts";
import { toPath } from "../paths.ts";
import { isThirdParty } from "../script/third_party.ts";
import { workerRuntime } from "../runtime/worker.ts";
import { Dispatcher } from "./dispatcher.ts";
import { instrumentModule } from "./_instrument.ts";
import { facadeOf, isVersioned, versionedUrl } from "./_versioned.ts";
import { MissingClassError } from "./_missing_class.ts";
import { constructExecutor, findClass, type FoundClass, type LiveVersion } from "./load_executor.ts";
import { isExclusive } from "../executor/exclusive.ts";
import { brokenJson } from "./_broken_json.ts";
import { warmUp } from "./_warm_up.ts";
import { MessageBatcher } from "../async/message_batcher.ts";
import type { FromWorker, LoadAnswer, LoadOrder, ToWorker } from "../protocol/protocol.ts";

/** Marks a worker's global scope: a Flow must not start in here. */
(globalThis as Record<symbol, unknown>)[Symbol.for("hotflow.worker")] = true;

/** The library's own files are never the place where a user's mistake is. */
const OWN = ["../../mod.ts", "../"].map((path) => toPath(new URL(path, import.meta.url)));
const batcher = new MessageBatcher<FromWorker>(post);
const files = new Map<string, string | null>();
/** Files whose load has begun and is not over: one that is broken stays here. */
const unread = new Set<string>();
/** The version's URLs of the modules that may hold the Executor, by their paths. */
const versioned = new Map<string, string>();
let live: { version: LiveVersion; dispatcher: Dispatcher } | undefined;
/** A load that paused after the import. */
let paused: { order: LoadOrder; found: FoundClass } | undefined;
/** Whether the Executor has been closed. */
let isClosed = false;

/** Sends a line that is not complete yet, where output is captured. */
let flushOutput = () => {};

const describe = (error: unknown): ErrorInfo => toErrorInfo(error, OWN);

workerRuntime.guardExits((how) => {
  flushOutput();
  // While it loads, the error alone fails the load.
  if (live !== undefined) batcher.send({ kind: "exit", how });
  batcher.flush();
  throw new Error(`${how} was called: an Executor cannot end the worker or the process it runs in`);
});
workerRuntime.onUncaught((error) => {
  flushOutput();
  batcher.send({ kind: "uncaught", error: describe(error) });
});
workerRuntime.hookLoads({
  isOwn: (path) => versioned.has(path) || !(isThirdParty(path) || OWN.some((own) => path.startsWith(own))),
  seen(path, hash) {
    files.set(path, hash);
    unread.add(path);
    if (live !== undefined) batcher.send({ kind: "imported", file: [path, hash] });
  },
  loaded(path, hash) {
    if (unread.delete(path) && hash !== undefined) files.set(path, hash);
  },
  transform(url, code, text) {
    const path = toPath(url);
    const own = versioned.get(path);
    // The classes of other modules are not looked for.
    if (own === undefined) return code;
    const isFirst = isVersioned(url) || !workerRuntime.keepsQueries;
    return isFirst ? instrumentModule(path, code, text) : facadeOf(own, code);
  },
});
workerRuntime.onMessage((messages) => {
  for (const message of messages as ToWorker[]) receive(message);
});
batcher.send({ kind: "ready" });

function receive(message: ToWorker): void {
  if (message.kind === "abort") return live?.dispatcher.abort(message.id, message.reason);
  if (message.kind === "window-update") return live?.dispatcher.addCredit(message.id, message.credit);
  handle(message).then(
    (result) => batcher.send({ kind: "answer", id: message.id, result }, sizeOf(result)),
    (error) => batcher.send({ kind: "error", id: message.id, error: describe(error) }),
  );
}

/** What cannot be cloned, such as a state, must not take the messages of others with it. */
function post(messages: readonly FromWorker[]): void {
  try {
    workerRuntime.post(messages);
  } catch (error) {
    const [message] = messages;
    if (messages.length > 1) messages.forEach((message) => post([message]));
    else if (message.kind === "answer") post([{ kind: "error", id: message.id, error: describe(error) }]);
  }
}

/** How many characters of documents are in an answer. */
function sizeOf(result: unknown): number {
  return (result as { docs?: string } | null)?.docs?.length ?? 0;
}

async function handle(message: Exclude<ToWorker, { kind: "abort" | "window-update" }>): Promise<unknown> {
  switch (message.kind) {
    case "call":
      return await loaded().dispatcher.call(message.id, message.params);
    case "load":
      return await load(message.params).finally(() => flushOutput());
    case "save":
      return await loaded().version.executor.saveState?.();
    case "restore":
      return await loaded().version.executor.restoreState?.(message.params), null;
    case "close":
      return await close().finally(() => flushOutput()), null;
    case "resume":
      return await resume().finally(() => flushOutput()), null;
    case "construct":
      return await construct().finally(() => flushOutput());
    case "ping":
      return null;
    case "capture":
      flushOutput = workerRuntime.captureOutput(sendOutput);
      return null;
    case "warm-up":
      return await warmUp(), null;
    case "files":
      return [...files];
    default:
      return message satisfies never;
  }
}

/** Sends it at once: the line before a loop that never yields is the one that tells where it is. */
function sendOutput(stream: OutputStream, text: string): void {
  batcher.send({ kind: "output", stream, text });
  batcher.flush();
}

function loaded(): { version: LiveVersion; dispatcher: Dispatcher } {
  if (live === undefined) throw new Error("Cannot do that: no version is loaded here");
  return live;
}

/** Closes the Executor, once. Its last requests were answered or cut; generators among them may be at their clean-up. */
async function close(): Promise<void> {
  const { dispatcher, version: { executor } } = loaded();
  if (isClosed) return;
  isClosed = true;
  await dispatcher.settled();
  await executor.close?.();
  workerRuntime.collectGarbage?.();
}

/** Sets the closed Executor up again. One without a `close()` was not closed. */
async function resume(): Promise<void> {
  const { version: { executor } } = loaded();
  if (executor.close !== undefined) await executor.setup?.();
  isClosed = false;
}

async function load(order: LoadOrder): Promise<LoadAnswer> {
  for (const { url } of order.modules) {
    versioned.set(workerRuntime.loadedPath(toPath(url)), versionedUrl(url, order.version));
  }
  return await answered(order, async () => {
    const found = await findClass(order);
    const exclusive = isExclusive(found.type, order.replicas);
    paused = { order, found };
    const pauses = order.pause === "always" || (exclusive && order.pause === "if-exclusive");
    return pauses ? { kind: "imported", exclusive, files: [...files] } : await construct();
  });
}

/** Constructs the Executor of the load that paused. */
async function construct(): Promise<LoadAnswer> {
  if (paused === undefined) throw new Error("Cannot construct an Executor: no load has paused here");
  const { order, found } = paused;
  return await answered(order, async () => {
    const sink = ({ event: _, ...record }: LogRecord) => {
      flushOutput();
      batcher.send({ kind: "log", record });
    };
    const version = await constructExecutor(found, order, sink);
    const send = (message: FromWorker) =>
      batcher.send(message, message.kind === "stream-chunk" ? message.doc.length : 0);
    live = { version, dispatcher: new Dispatcher(version, order.deployment, order.replica, describe, send) };
    return readyAnswer(version, isExclusive(found.type));
  });
}

function readyAnswer({ executor, className, bindings }: LiveVersion, exclusive: boolean): LoadAnswer {
  return {
    kind: "ready",
    className,
    endpoints: [...bindings.keys()].filter((endpoint) => endpoint.startsWith("/")),
    hasDefault: bindings.has("default"),
    stateful: typeof executor.saveState === "function" && typeof executor.restoreState === "function",
    exclusive,
    closes: typeof executor.close === "function",
    files: [...files],
  };
}

/** What a step of a load answers; an error of the user's code is an answer, with the place where it is. */
async function answered(order: LoadOrder, step: () => Promise<LoadAnswer>): Promise<LoadAnswer> {
  try {
    return await step();
  } catch (error) {
    return { kind: "failed", error: await failure(error, order), files: [...files] };
  }
}

/** The report of a failed load: its error, and the place where it can be fixed. */
async function failure(error: unknown, order: LoadOrder): Promise<ErrorInfo> {
  const info = await explain(error);
  const details = error instanceof MissingClassError ? error.details : undefined;
  const missing = order.modules.find(({ url, required, namedAt }) =>
    required && namedAt !== undefined && files.get(toPath(url)) === null
  );
  const [unloaded = moduleFile(order)] = unread;
  const place = details !== undefined
    ? details.place ?? order.namedAt ?? info.place
    : missing?.namedAt ?? jsonPlace(info) ?? info.place;
  const known = place ?? (unloaded === undefined ? undefined : { file: unloaded });
  return { ...info, ...details, ...(known && { place: known }) };
}

/** A stack has the module that requires a broken JSON file, and not the file. */
function jsonPlace({ message, place }: ErrorInfo): Place | undefined {
  return place === undefined || /JSON/.test(message) ? brokenJson(files.keys()) : undefined;
}

/** What went wrong, with what the runtime knows besides. A file that was not found is to be watched for. */
async function explain(error: unknown): Promise<ErrorInfo> {
  const info = describe(error);
  const { missing, place, ...clue } = await clueTo(error, info.place);
  if (missing !== undefined) files.set(missing, null);
  const foreign = place !== undefined && !OWN.some((own) => place.file.startsWith(own));
  return { ...info, ...clue, ...(foreign && { place }) };
}

/** What the runtime knows of an error; nothing where reading the error throws, as a getter of it may. */
async function clueTo(error: unknown, place: Place | undefined): Promise<LoadClue> {
  try {
    return await workerRuntime.explain(error, [...files.keys()], place);
  } catch {
    return {};
  }
}

function moduleFile(order: LoadOrder): string | undefined {
  const module = order.modules.find(({ required }) => required);
  return module === undefined ? undefined : toPath(module.url);
}
