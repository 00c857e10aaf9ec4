import { serve } from "./_deno_server.ts";
import type { FolderEntry, FsEvent, Runtime, Stamp, WorkerHandle } from "./runtime.ts";
import { watchLimit } from "./watch_limit.ts";

if (!("Deno" in globalThis)) {
  throw new Error(
    "Cannot run here: this copy of hotflow is for Deno. On Node.js and Bun: npm install hotflow",
  );
}

/** Deno as the side that makes workers. */
export const runtime: Runtime = {
  pid: Deno.pid,
  canKillLoops: false,
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
  exit: (code) => Deno.exit(code),
  onSignals,
  spawn,
  serve,
  onDisconnect,
  watch,
  readText: (path) =>
    orUndefined(Deno.stat(path).then(({ isFile }) => isFile ? Deno.readTextFile(path) : undefined)),
  // To open a pipe would wait for whoever writes to it, and a device may never end.
  readBytes: (path) => orNothing(() => Deno.statSync(path).isFile ? Deno.readFileSync(path) : undefined),
  writtenAt: (path) => orNothing(() => Deno.statSync(path).mtime?.getTime()),
  stamp: (path) => orUndefined(Deno.lstat(path).then(toStamp)),
  list: (folder) => orUndefined(Array.fromAsync(Deno.readDir(folder), toEntry)),
  isFolder: async (path) => (await orUndefined(Deno.stat(path)))?.isDirectory ?? false,
  realPath: (path) => orUndefined(Deno.realPath(path)),
  readLink: (path) => orUndefined(Deno.readLink(path)),
  mayRead,
  makeFolder: (path) => Deno.mkdirSync(path, { recursive: true }),
};

/** What cannot be read counts as absent. */
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

/** The same at once: a file that was just saved is read in less time than it takes to ask another thread for it. */
function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function onSignals(callback: (signal: string) => void): () => void {
  // Windows knows no SIGTERM.
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  const listeners = signals.map((signal) => [signal, () => callback(signal)] as const);
  for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
  };
}

function spawn(url: string, name: string): WorkerHandle {
  const worker = new Worker(url, { type: "module", name });
  const handle: WorkerHandle = {
    post: (message) => worker.postMessage(message),
    onMessage: () => {},
    onDeath: () => {},
    terminate: () => worker.terminate(),
  };
  worker.onmessage = (event) => handle.onMessage(event.data);
  worker.onmessageerror = () => handle.onDeath("a message could not be read");
  worker.onerror = (event) => {
    // Without it Deno ends the whole process.
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
    // A folder that goes away is told of by the one above it.
  })().catch(() => {});
  return () => watcher.close();
}

/** Linux tells when a writer closed the file ("access"); a rename or a removal is complete as it is. */
function isDone(kind: Deno.FsEvent["kind"], path: string): boolean {
  if (kind !== "create") return kind === "access" || kind === "remove" || kind === "rename";
  // A folder, or another name of a file that was there, is closed by nobody.
  const made = orNothing(() => Deno.lstatSync(path));
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

/** A file's text, unless somebody would have to be asked for it. */
function readPermitted(path: string): string | undefined {
  return mayRead(path) ? orNothing(() => Deno.readTextFileSync(path)) : undefined;
}
