import { serve } from "./_deno_server.ts";
import type { FolderEntry, FsEvent, Runtime, Stamp, WorkerHandle } from "./runtime.ts";
import { ignoresHangup, type Signal, SIGNALS } from "./signals.ts";
import { watchLimit } from "./watch_limit.ts";

if (!("Deno" in globalThis)) {
  throw new Error(
    "Cannot run here: this copy of hotflow is for Deno. On Node.js and Bun: npm install hotflow",
  );
}

/** The runtime of the host on Deno. */
export const runtime: Runtime = {
  pid: Deno.pid,
  reportsClose: Deno.build.os === "linux",
  resolvesLinks: false,
  env(name) {
    try {
      return Deno.env.get(name);
    } catch {
      return undefined;
    }
  },
  cwd: () => Deno.cwd(),
  mainModule() {
    try {
      return Deno.mainModule;
    } catch {
      return undefined;
    }
  },
  get isInspected() {
    return inspector()?.url() !== undefined;
  },
  exit(code) {
    // Deno would wait until the debugger disconnects.
    if (runtime.isInspected) inspector()?.close();
    Deno.exit(code);
  },
  flush: async () => await (await import("./_flush.ts")).flush(),
  mainModuleEnd: () => loaded,
  later: (ms, callback) => Deno.unrefTimer(setTimeout(callback, ms)),
  onSignals,
  spawn,
  serve,
  onDisconnect,
  watch,
  readText: (path) =>
    orUndefined(Deno.stat(path).then(({ isFile }) => isFile ? Deno.readTextFile(path) : undefined)),
  // Opening a pipe would wait for its writer, and a device may never end.
  readBytes: (path) =>
    orUndefinedSync(() => Deno.statSync(path).isFile ? Deno.readFileSync(path) : undefined),
  writtenAt: (path) => orUndefinedSync(() => Deno.statSync(path).mtime?.getTime()),
  stamp: (path) => orUndefined(Deno.lstat(path).then(toStamp)),
  list: (folder) => orUndefined(Array.fromAsync(Deno.readDir(folder), toEntry)),
  isFolder: async (path) => (await orUndefined(Deno.stat(path)))?.isDirectory ?? false,
  realPath: (path) => orUndefined(Deno.realPath(path)),
  readLink: (path) => orUndefined(Deno.readLink(path)),
  mayRead,
  makeFolder: (path) => Deno.mkdirSync(path, { recursive: true }),
};

/** Resolves when the main module is evaluated: Deno dispatches the event after its last top-level await. */
const loaded = new Promise<void>((resolve) => addEventListener("load", () => resolve(), { once: true }));

/** Read immediately: 500 ms after its start, Deno sets a handler of its own, and the effect of `nohup` is lost. */
const outlivesTerminal = !isWorker() && ignoresHangup(readPermitted("/proc/self/status"));

function isWorker(): boolean {
  return "postMessage" in globalThis;
}

/** The inspector of this process; `undefined` also when its use is not permitted. */
function inspector(): { url(): string | undefined; close(): void } | undefined {
  // TypeScript's types lack this kind; versions of Deno without it throw.
  const kind = { name: "sys", kind: "inspector" } as unknown as Deno.SysPermissionDescriptor;
  if (orUndefinedSync(() => Deno.permissions.querySync(kind))?.state !== "granted") return undefined;
  const { process } = globalThis as unknown as { process: { getBuiltinModule(name: string): unknown } };
  return process.getBuiltinModule("node:inspector") as ReturnType<typeof inspector>;
}

/** Resolves to `undefined` when a file cannot be read. */
function orUndefined<T>(value: Promise<T>): Promise<T | undefined> {
  return value.catch(() => undefined);
}

function toEntry({ name, isDirectory }: Deno.DirEntry): FolderEntry {
  return { name, isFolder: isDirectory };
}

function toStamp({ ino, size, mtime, ctime, mode }: Deno.FileInfo): Stamp {
  const written = mtime?.getTime() ?? 0;
  const changed = ctime?.getTime() ?? written;
  return { written, changed, size, print: [ino, size, written, changed, mode].join(" ") };
}

/** Returns `undefined` when a file cannot be read. Reading a saved file here is faster than in another thread. */
function orUndefinedSync<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function onSignals(callback: (signal: Signal) => void): () => void {
  const listeners = SIGNALS.map((signal) => {
    const isIgnored = signal === "SIGHUP" && outlivesTerminal;
    return [signal, isIgnored ? () => {} : () => callback(signal)] as const;
  }).filter(([signal, listener]) => isListening(signal, listener));
  return () => {
    for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
  };
}

/** Adds a listener; returns `false` for a signal that the system does not have, as on Windows. */
function isListening(signal: Signal, listener: () => void): boolean {
  try {
    Deno.addSignalListener(signal, listener);
    return true;
  } catch {
    return false;
  }
}

function spawn(url: string, name: string): WorkerHandle {
  const worker = new Worker(url, { type: "module", name });
  const handle: WorkerHandle = {
    killable: false,
    post: (message) => worker.postMessage(message),
    onMessage: () => {},
    onDeath: () => {},
    terminate() {
      worker.terminate();
      return Promise.resolve(true);
    },
  };
  worker.onmessage = (event) => handle.onMessage(event.data);
  worker.onmessageerror = () => handle.onDeath("a message could not be read");
  worker.onerror = (event) => {
    // Otherwise Deno ends the whole process.
    event.preventDefault();
    handle.onDeath(event.message);
  };
  return handle;
}

function onDisconnect(request: Request, callback: () => void): void {
  if (request.signal.aborted) callback();
  else request.signal.addEventListener("abort", callback, { once: true });
}

function watch(folder: string, callback: (event: FsEvent) => void): () => void {
  const watcher = open(folder);
  (async () => {
    for await (const { kind, paths } of watcher) {
      if (kind === "other") continue;
      for (const path of paths) callback({ path, kind: isDone(kind, path) ? "done" : "writing" });
    }
    // The watch of the parent folder reports that this folder is removed.
  })().catch(() => {});
  return () => watcher.close();
}

/** Whether the writer is done: Linux reports that it has closed the file ("access"); renames and removals are complete. */
function isDone(kind: Deno.FsEvent["kind"], path: string): boolean {
  if (kind !== "create") return kind === "access" || kind === "remove" || kind === "rename";
  // There is no close event for a folder, or for a hard link to an existing file.
  const made = orUndefinedSync(() => Deno.lstatSync(path));
  return made === undefined || !made.isFile || (made.nlink ?? 1) > 1;
}

function open(folder: string): Deno.FsWatcher {
  try {
    return Deno.watchFs(folder, { recursive: false });
  } catch (error) {
    throw watchLimit(error, readPermitted) ?? error;
  }
}

function mayRead(path: string): boolean {
  return Deno.permissions.querySync({ name: "read", path }).state === "granted";
}

/** A file's text; `undefined` also when the permission would have to be requested. */
function readPermitted(path: string): string | undefined {
  return mayRead(path) ? orUndefinedSync(() => Deno.readTextFileSync(path)) : undefined;
}
