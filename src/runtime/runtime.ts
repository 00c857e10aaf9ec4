/** What hotflow needs of the platform. Adapters implement it; nothing outside this room names a platform. @module */
import type { LoadClue, Place } from "../errors/mod.ts";
import type { Signal } from "./signals.ts";

/** The host's side of a worker. */
export interface WorkerHandle {
  /** Whether `terminate()` ends a worker that never yields. */
  readonly killable: boolean;
  /** Sends a message. Throws when it cannot be cloned. */
  post(message: unknown): void;
  /** Called with each message that the worker sends. */
  onMessage: (message: unknown) => void;
  /** Called when the worker has ended because of an error that its own guards did not catch. */
  onDeath: (message: string) => void;
  /**
   * Ends the worker at once. Resolves to whether its thread has ended, as far as the runtime reports it: a thread that a
   * debugger has paused, or that waits in native code, has not.
   */
  terminate(): Promise<boolean>;
}

/** A listening HTTP server. */
export interface Listener {
  /** The port it really has. */
  readonly port: number;
  /**
   * Takes no more requests. Those in flight finish, with all that their clients take of the answers; at the deadline
   * they are cut. Nothing is left open.
   */
  close(graceMs: number): Promise<void>;
}

/** A change the file system reported: a path, and whether its writer is known to be done with it. */
export interface FsEvent {
  /** The path, beginning with the watched folder as it was given. */
  readonly path: string;
  /** `writing`: more may follow; `done`: the file was closed, moved here, or removed, or it is nothing to write to. */
  readonly kind: "writing" | "done";
}

/** Something in a folder. */
export interface FolderEntry {
  readonly name: string;
  /** A symbolic link is none, wherever it leads. */
  readonly isFolder: boolean;
}

/** What tells whether a file has been written, moved or replaced since it was looked at last. */
export interface Stamp {
  /** When it was written, in milliseconds since 1970. */
  readonly written: number;
  /** When it was written, moved or otherwise changed; on Deno in whole seconds. */
  readonly changed: number;
  readonly size: number;
  /** All that differs when its content may: times, size, identity. */
  readonly print: string;
}

/** What the side that makes workers needs. */
export interface Runtime {
  /** The process's id. */
  readonly pid: number;
  /** Whether `watch()` tells when the writer of a file has closed it. */
  readonly reportsClose: boolean;
  /** Whether a module is loaded under its real path, whatever links it was imported by. */
  readonly resolvesLinks: boolean;
  /** An environment variable; `undefined` too when reading it is not permitted. */
  env(name: string): string | undefined;
  /** The current folder. */
  cwd(): string;
  /** The URL of the script the process was started with. */
  mainModule(): string | undefined;
  /** Whether a debugger may be attached: the process listens for one. */
  readonly isInspected: boolean;
  /**
   * Ends the process within a moment, whatever its workers do; with the code that was set for its end when none is
   * given. Where a thread cannot be ended (Node), the process dies by the last signal that came.
   */
  exit(code?: number): void;
  /** Resolves when all that was written to standard output and standard error is out. */
  flush(): Promise<void>;
  /** Resolves when the main module has been evaluated, with all that it awaits at its top level. */
  mainModuleEnd(): Promise<void>;
  /** A timer that does not keep the process alive. */
  later(ms: number, callback: () => void): void;
  /**
   * Calls back at SIGINT, SIGTERM and SIGHUP until the answer is called. SIGHUP stays ignored where the process was
   * started so.
   */
  onSignals(callback: (signal: Signal) => void): () => void;
  /** Starts a module worker. */
  spawn(url: string, name: string): WorkerHandle;
  /** Serves HTTP. Rejects when the port is taken. */
  serve(
    options: { hostname: string; port: number },
    handler: (request: Request) => Response | Promise<Response>,
  ): Promise<Listener>;
  /** Calls back when the client of a request that is being handled goes away; may also call after the answer. */
  onDisconnect(request: Request, callback: () => void): void;
  /**
   * Watches a folder, not its subfolders; the answer ends it. Throws a `NotFound` when it is not there, a
   * `WatchLimitError` when the system allows no more.
   */
  watch(folder: string, callback: (event: FsEvent) => void): () => void;
  /** A file's text; `undefined` when it is not there or not a file. */
  readText(path: string): Promise<string | undefined>;
  /** A file's bytes; `undefined` when it is not there or not a file. */
  readBytes(path: string): Uint8Array | undefined;
  /** When a file was written last, in milliseconds since 1970; `undefined` when it is not there. */
  writtenAt(path: string): number | undefined;
  /** The stamp of a file, or of a symbolic link itself; `undefined` when it is not there. */
  stamp(path: string): Promise<Stamp | undefined>;
  /** What is in a folder; `undefined` when it cannot be read. */
  list(folder: string): Promise<FolderEntry[] | undefined>;
  /** Whether the path is a folder. */
  isFolder(path: string): Promise<boolean>;
  /** The path with every symbolic link resolved; `undefined` when nothing is there. */
  realPath(path: string): Promise<string | undefined>;
  /** Where a symbolic link leads, as it is written there; `undefined` when it is none. */
  readLink(path: string): Promise<string | undefined>;
  /** Whether a path may be read without asking for permission. */
  mayRead(path: string): boolean;
  /** Makes a folder and those above it. */
  makeFolder(path: string): void;
}

/** A stream of a process that people read. */
export type OutputStream = "stdout" | "stderr";
/** Takes whole lines of what was written to a stream. */
export type TakeOutput = (stream: OutputStream, text: string) => void;

/** What the code inside a worker needs. */
export interface WorkerRuntime {
  /** Sends a message to the worker's maker. Throws when it cannot be cloned. */
  post(message: unknown): void;
  /** Sets what is called with each message of the maker. */
  onMessage(callback: (message: unknown) => void): void;
  /** Replaces every way for code to end the worker or the process by a call of `report`, which does not return. */
  guardExits(report: (how: string) => never): void;
  /** Catches errors and rejections nobody handles; the worker lives on. */
  onUncaught(report: (error: unknown) => void): void;
  /**
   * Takes what code writes to standard output and standard error from now on. The answer gives what is held back: a
   * line that is not complete.
   */
  captureOutput(take: TakeOutput): () => void;
  /** Lets go of what unreachable objects hold, on runtimes where databases, for one, stay locked until then. */
  collectGarbage?(): void;
  /** A file's text; `undefined` when it cannot be read. */
  readText(path: string): string | undefined;
  /** The path that the runtime loads a file by, which may be behind links; the path itself when nothing is there. */
  loadedPath(path: string): string;
  /** Whether modules keep the query that they are imported with; Bun drops that of a file's URL. */
  readonly keepsQueries: boolean;
  /** Reports each local file that is imported, before and after. `amend` may add to a module's JavaScript. */
  hookLoads(hooks: LoadHooks): void;
  /**
   * What this runtime's error of a failed import leaves unsaid.
   *
   * @param error What was thrown.
   * @param files The files that were imported, in order.
   * @param place Where its stack says that it was thrown.
   */
  explain(error: unknown, files: readonly string[], place?: Place): LoadClue | Promise<LoadClue>;
}

/** What is told of imports. */
export interface LoadHooks {
  /** Whether a file is the user's own source. All others are loaded as if there were no hooks. */
  isOwn(path: string): boolean;
  /** A file that is about to be loaded, and the hash of its content; `null` when it cannot be read. */
  seen(path: string, hash: string | null): void;
  /** It could be loaded; the hash of what was, where that is known for sure. */
  loaded(path: string, hash?: string): void;
  /** Gets and gives the JavaScript of a module; also gets its file's text, where that may be another one. */
  transform(url: string, code: string, text?: string): string;
}
