import { spawnProcess } from "./_child_process.ts";
import { serve } from "./_deno_server.ts";
import { orUndefined, orUndefinedSync } from "./_or_undefined.ts";
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
  reloadsInPlace: true,
  hasPermissions: true,
  env: (name) => orUndefinedSync(() => Deno.env.get(name)),
  cwd: () => Deno.cwd(),
  mainModule: () => orUndefinedSync(() => Deno.mainModule),
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
  spawnProcess: (url, options) => spawnProcess(url, options, runtime.isInspected),
  serve,
  guardHttp2: async (socket, onGoaway) => (await import("./_deno_http2.ts")).guardHttp2(socket, onGoaway),
  acceptHttp2: async (address, accept) =>
    await (await import("./_deno_http2.ts")).acceptHttp2(address, accept),
  watch,
  readText: (path) =>
    orUndefined(Deno.stat(path).then(({ isFile }) => isFile ? Deno.readTextFile(path) : undefined)),
  // Faster than in another thread. Opening a pipe would wait for its writer, and a device may never end.
  readBytes: (path) =>
    orUndefinedSync(() => Deno.statSync(path).isFile ? Deno.readFileSync(path) : undefined),
  writtenAt: (path) => orUndefinedSync(() => Deno.statSync(path).mtime?.getTime()),
  stamp: (path) => orUndefined(Deno.lstat(path).then(toStamp)),
  list: (folder) => orUndefined(Array.fromAsync(Deno.readDir(folder), toEntry)),
  isFolder: async (path) => (await orUndefined(Deno.stat(path)))?.isDirectory ?? false,
  realPath: (path) => orUndefined(Deno.realPath(path)),
  realFile: (path) => orUndefinedSync(() => Deno.statSync(path).isFile ? Deno.realPathSync(path) : undefined),
  readLink: (path) => orUndefined(Deno.readLink(path)),
  mayRead,
  makeFolder: (path) => Deno.mkdirSync(path, { recursive: true }),
};

/** Resolves when the main module is evaluated: Deno dispatches the event after its last top-level await. */
const loaded = new Promise<void>((resolve) => addEventListener("load", () => resolve(), { once: true }));

/**
 * Read immediately: 500 ms after its start, Deno sets a handler of its own, and the effect of `nohup` is lost. Workers do
 * not need it.
 */
const outlivesTerminal = !("postMessage" in globalThis) && ignoresHangup(readPermitted("/proc/self/status"));

/** The inspector of this process; `undefined` also when its use is not permitted. */
function inspector(): { url(): string | undefined; close(): void } | undefined {
  // TypeScript's types lack this kind; versions of Deno without it throw.
  const kind = { name: "sys", kind: "inspector" } as unknown as Deno.SysPermissionDescriptor;
  if (orUndefinedSync(() => Deno.permissions.querySync(kind))?.state !== "granted") return undefined;
  const { process } = globalThis as unknown as { process: { getBuiltinModule(name: string): unknown } };
  return process.getBuiltinModule("node:inspector") as ReturnType<typeof inspector>;
}

function toEntry({ name, isDirectory }: Deno.DirEntry): FolderEntry {
  return { name, isFolder: isDirectory };
}

function toStamp({ ino, size, mtime, ctime, mode }: Deno.FileInfo): Stamp {
  const written = mtime?.getTime() ?? 0;
  const changed = ctime?.getTime() ?? written;
  return { written, changed, size, print: [ino, size, written, changed, mode].join(" ") };
}

function onSignals(callback: (signal: Signal) => void): () => void {
  const listeners = SIGNALS.map((signal) => {
    const isIgnored = signal === "SIGHUP" && outlivesTerminal;
    return [signal, isIgnored ? () => {} : () => callback(signal)] as const;
  });
  // Windows does not have all signals.
  for (const listener of listeners) orUndefinedSync(() => Deno.addSignalListener(...listener));
  return () => {
    for (const listener of listeners) orUndefinedSync(() => Deno.removeSignalListener(...listener));
  };
}

function spawn(url: string, name: string): WorkerHandle {
  const worker = new Worker(url, { type: "module", name });
  const handle: WorkerHandle = {
    killable: false,
    post: (message, transfer = []) => worker.postMessage(message, transfer),
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

function watch(folder: string, callback: (event: FsEvent) => void): () => Promise<void> {
  let watcher: Deno.FsWatcher;
  try {
    watcher = Deno.watchFs(folder, { recursive: false });
  } catch (error) {
    throw watchLimit(error, readPermitted) ?? error;
  }
  const ended = (async () => {
    for await (const { kind, paths } of watcher) {
      if (kind === "other") continue;
      for (const path of paths) callback({ path, kind: isDone(kind, path) ? "done" : "writing" });
    }
    // The watch of the parent folder reports that this folder is removed.
  })().catch(() => {});
  return () => {
    watcher.close();
    return ended;
  };
}

/** Whether the writer is done: Linux reports that it has closed the file ("access"); renames and removals are complete. */
function isDone(kind: Deno.FsEvent["kind"], path: string): boolean {
  if (kind !== "create") return kind === "access" || kind === "remove" || kind === "rename";
  // There is no close event for a folder, or for a hard link to an existing file.
  const made = orUndefinedSync(() => Deno.lstatSync(path));
  return made === undefined || !made.isFile || (made.nlink ?? 1) > 1;
}

function mayRead(path: string): boolean {
  return Deno.permissions.querySync({ name: "read", path }).state === "granted";
}

/** A file's text; `undefined` also when the permission would have to be requested. */
function readPermitted(path: string): string | undefined {
  return mayRead(path) ? orUndefinedSync(() => Deno.readTextFileSync(path)) : undefined;
}
