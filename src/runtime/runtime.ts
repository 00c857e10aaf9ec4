/** The platform functions that hotflow uses, implemented by one adapter per runtime. @module */
import type { LoadClue, Place } from "../errors/mod.ts";
import type { Signal } from "./signals.ts";

/** A worker, as the host uses it. */
export interface WorkerHandle {
  /** Whether `terminate()` ends a worker that never yields. */
  readonly killable: boolean;
  /** Whether buffers are always copied: no message needs copies of its own. */
  readonly copies?: boolean;
  /** Sends a message, and the buffers in it that are not to be cloned. Throws when it cannot be cloned. */
  post(message: unknown, transfer?: ArrayBuffer[]): void;
  /** Called with each message of the worker. */
  onMessage: (message: unknown) => void;
  /** Called when the worker has ended, such as by an error that its own handlers did not catch. */
  onDeath: (message: string) => void;
  /**
   * Terminates the worker. A worker that is not `killable` ends once it yields. Resolves to whether the thread has
   * ended, as far as the runtime reports it; a thread that is paused by a debugger or blocked in native code has not.
   */
  terminate(): Promise<boolean>;
}

/** What a worker in a process of its own may do. */
export interface ProcessOptions {
  /** The limit of its JavaScript heap, and of the memory that it uses beyond what it used at its start, in MB. */
  readonly memory?: number;
  /** On Deno, its permissions, by kind; left out, it has those of this process. */
  readonly permissions?: Readonly<Record<string, boolean | readonly string[]>>;
  /** Its environment variables; left out, it has those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A listening HTTP server. */
export interface Listener {
  /** The port that it listens on. */
  readonly port: number;
  /**
   * Stops accepting requests, waits for those in flight and their answers and for the ends of all WebSockets, and aborts
   * them at the deadline.
   */
  close(graceMs: number): Promise<void>;
}

/** Answers requests; an upgrade to a WebSocket is accepted by the second argument. */
export type HttpHandler = (request: Request, sockets: SocketServer) => Response | Promise<Response>;

/** The part of an HTTP server that makes WebSockets of requests. */
export interface SocketServer {
  /**
   * Accepts a request to upgrade.
   *
   * @param protocol The subprotocol that the client and this server agree on.
   * @param open Called with the WebSocket when it is open; returns what gets its events.
   * @returns The response that the handler has to return.
   * @throws {TypeError} When the request's headers are incomplete; on Node, the server itself answers such a request.
   */
  accept(
    request: Request,
    protocol: string | undefined,
    open: (socket: ServerSocket) => SocketListener,
  ): Response | Promise<Response>;
}

/** A WebSocket that a client has opened. */
export interface ServerSocket {
  /** Sends a message; resolves when the client has taken nearly all that was sent, or is gone. */
  send(message: string | Uint8Array): Promise<void>;
  /** Closes it after what was sent; ends the connection if the client does not answer soon. */
  close(code: number, reason: string): void;
  /** Stops and continues reading. Only Node's can: elsewhere messages arrive all the same. */
  pause(isPaused: boolean): void;
}

/** The events of a {@linkcode ServerSocket}. */
export interface SocketListener {
  onMessage(message: string | Uint8Array): void;
  /** Called once, after which nothing more can be sent. */
  onClose(): void;
}

/**
 * A connection for an HTTP/2 server: a `Duplex` of `node:stream`. The package's declarations do not name that type, so
 * that they compile without the types of Node.
 */
export interface Http2Connection {
  readonly writable: boolean;
  readonly destroyed: boolean;
}

/** Accepts connections for an HTTP/2 server. */
export interface Http2Listener {
  readonly port: number;
  /** Accepts no more. */
  stop(): void;
  /** Resolves when all connections are closed, after {@linkcode stop}. Those on which nothing happens are closed soon. */
  close(): Promise<void>;
  /** Closes all connections now. */
  destroy(): void;
}

/** A change that the file system reported. */
export interface FsEvent {
  /** The path, which begins with the watched folder as it was given. */
  readonly path: string;
  /** `writing`: more writes may follow; `done`: the file was closed, moved here or removed, or it is not a file. */
  readonly kind: "writing" | "done";
}

/** An entry of a folder. */
export interface FolderEntry {
  readonly name: string;
  /** Whether it is a folder; `false` for a symbolic link to one. */
  readonly isFolder: boolean;
}

/** The metadata of a file that changes when the file is written, moved or replaced. */
export interface Stamp {
  /** The time of the last write, in milliseconds since 1970. */
  readonly written: number;
  /** The time of the last change, including moves; in whole seconds on Deno. */
  readonly changed: number;
  readonly size: number;
  /** A text of all metadata that may change with the content: times, size, inode. */
  readonly print: string;
}

/** The platform functions of the host, which starts the workers. */
export interface Runtime {
  /** The process's id. */
  readonly pid: number;
  /** Whether `watch()` reports that the writer of a file has closed it. */
  readonly reportsClose: boolean;
  /** Whether modules are loaded by their real path when they are imported through symbolic links. */
  readonly resolvesLinks: boolean;
  /** Whether hooks can resolve and load modules, so that a changed one can be evaluated again in the same worker. */
  readonly reloadsInPlace: boolean;
  /** Whether a process can be started with permissions of its own. */
  readonly hasPermissions: boolean;
  /** An environment variable; `undefined` also when reading it is not permitted. */
  env(name: string): string | undefined;
  /** The current working directory. */
  cwd(): string;
  /** The URL of the main script of the process. */
  mainModule(): string | undefined;
  /** Whether a debugger may be attached: the inspector is active. */
  readonly isInspected: boolean;
  /**
   * Ends the process soon, even if workers are blocked.
   *
   * @param code The exit code. @default the exit code that was set before. Where a thread cannot be ended (Node), the
   * process ends with the last signal.
   */
  exit(code?: number): void;
  /** Resolves when the output to standard output and standard error is written. */
  flush(): Promise<void>;
  /** Resolves when the main module has been evaluated, including its top-level awaits. */
  mainModuleEnd(): Promise<void>;
  /** Calls back after a delay; the timer does not keep the process alive. */
  later(ms: number, callback: () => void): void;
  /**
   * Listens for SIGINT, SIGTERM and SIGHUP; returns a function that stops it. SIGHUP stays ignored if the process was
   * started with it ignored.
   */
  onSignals(callback: (signal: Signal) => void): () => void;
  /** Starts a module worker. */
  spawn(url: string, name: string): WorkerHandle;
  /** Starts a module in a process of its own, which exchanges messages as a worker does, and ends with this process. */
  spawnProcess(url: string, options: ProcessOptions): WorkerHandle;
  /**
   * Accepts connections for an HTTP/2 server, which does not listen itself; given where the runtime's own server has to be
   * protected from what clients send.
   */
  acceptHttp2?(
    address: { readonly hostname: string; readonly port: number },
    accept: (connection: Http2Connection) => void,
  ): Promise<Http2Listener>;
  /**
   * A connection of an HTTP/2 client that does not pass on the server's `GOAWAY` frames, but refuses the streams that the
   * server does not handle any more; given where these frames end the process.
   *
   * @param onGoaway Called when there is one: the server takes no more requests by this connection.
   */
  guardHttp2?(socket: Http2Connection, onGoaway: () => void): Promise<Http2Connection>;
  /**
   * Serves HTTP. Rejects when the port is taken. The signal of a request aborts when its client disconnects.
   *
   * @param options `maxMessage` is the largest message of a WebSocket in bytes, if the runtime can limit it.
   */
  serve(
    options: { hostname: string; port: number; maxMessage: number },
    handler: HttpHandler,
  ): Promise<Listener>;
  /**
   * Watches a folder, not its subfolders; returns a function that stops it, and resolves when the path can be watched
   * again: until then, Deno takes a new watch of that path for one of the same folder. Throws a `NotFound` when the folder
   * does not exist, and a {@linkcode WatchLimitError} when the system allows no more watches.
   */
  watch(folder: string, callback: (event: FsEvent) => void): () => Promise<void>;
  /** A file's text; `undefined` when the path does not exist or is not a file. */
  readText(path: string): Promise<string | undefined>;
  /** A file's bytes; `undefined` when the path does not exist or is not a file. */
  readBytes(path: string): Uint8Array | undefined;
  /** The time of a file's last write, in milliseconds since 1970; `undefined` when it does not exist. */
  writtenAt(path: string): number | undefined;
  /** The stamp of a file, or of a symbolic link itself; `undefined` when the path does not exist. */
  stamp(path: string): Promise<Stamp | undefined>;
  /** The entries of a folder; `undefined` when it cannot be read. */
  list(folder: string): Promise<FolderEntry[] | undefined>;
  /** Whether the path is a folder. */
  isFolder(path: string): Promise<boolean>;
  /** The path with all symbolic links resolved; `undefined` when it does not exist. */
  realPath(path: string): Promise<string | undefined>;
  /** The path of a file with all symbolic links resolved; `undefined` when it does not exist or is not a file. */
  realFile(path: string): string | undefined;
  /** The target of a symbolic link, unresolved; `undefined` when the path is not a symbolic link. */
  readLink(path: string): Promise<string | undefined>;
  /** Whether a path may be read without a request for permission. */
  mayRead(path: string): boolean;
  /** Creates a folder and its parents. */
  makeFolder(path: string): void;
}

/** An output stream of a process. */
export type OutputStream = "stdout" | "stderr";
/** A function that receives complete lines of a stream. */
export type TakeOutput = (stream: OutputStream, text: string) => void;

/** The platform functions of the code inside a worker. */
export interface WorkerRuntime {
  /** Sends a message to the host. Throws when it cannot be cloned. */
  post(message: unknown, transfer?: ArrayBuffer[]): void;
  /** Sets the listener for messages of the host. */
  onMessage(callback: (message: unknown) => void): void;
  /** Replaces all functions that end the worker or the process by a call of `report`, which does not return. */
  guardExits(report: (how: string) => never): void;
  /** Listens for unhandled errors and rejections; they do not end the worker. */
  onUncaught(report: (error: unknown) => void): void;
  /** Captures standard output and standard error; returns a function that passes on incomplete lines. */
  captureOutput(take: TakeOutput): () => void;
  /** Collects garbage, on runtimes where unreachable objects keep resources locked, such as databases. */
  collectGarbage?(): void;
  /** A file's text; `undefined` when it cannot be read. */
  readText(path: string): string | undefined;
  /** A file's bytes; `undefined` when it cannot be read. */
  readBytes(path: string): Uint8Array | undefined;
  /** The path by which the runtime loads a file: with or without links resolved. */
  loadedPath(path: string): string;
  /** Calls hooks when a file is resolved, and before and after each of the user's files is imported or required. */
  hookLoads(hooks: LoadHooks): void;
  /** Makes the next `require` of a file evaluate it again. Returns the module as it was; `undefined` when there is none. */
  takeRequired(path: string): unknown;
  /** Puts back what {@linkcode takeRequired} has returned. */
  putRequired(path: string, module: unknown): void;
  /** Whether `require` has loaded a file as an ES module, which it never evaluates again. */
  isEsmRequired(path: string): boolean;
  /** The paths of the files that a file has required. */
  requiredBy(path: string): string[];
  /**
   * Finds facts about a failed import that this runtime's error does not contain.
   *
   * @param error The thrown value.
   * @param files The files that were imported, in order.
   * @param place The place in the error's stack.
   */
  explain(
    error: unknown,
    files: readonly string[],
    place?: Place,
  ): LoadClue | undefined | Promise<LoadClue | undefined>;
}

/** One of the user's files that is loaded. */
export interface OwnFile {
  readonly path: string;
  /** Whether {@linkcode LoadHooks.transform} changes it. */
  readonly isTransformed: boolean;
  /**
   * Called before it is loaded, with its content and the hash of that; `null` when it cannot be read.
   *
   * @returns The content to load in place of that on disk; `undefined` to load the file.
   */
  begin(hash: string | null, content?: Uint8Array): Uint8Array | undefined;
  /** Called after it was loaded. */
  end(): void;
}

/** Hooks for the load of modules. URLs may name a version: `file:///app/my_executor.ts?v=7`. */
export interface LoadHooks {
  /**
   * The file that is loaded from a URL; `undefined` when it is not one of the user's.
   *
   * @param isRequired Whether it is loaded by `require`, whose cache has no versions.
   */
  open(url: string, isRequired?: boolean): OwnFile | undefined;
  /** Transforms the JavaScript of a module. `text` is the text of its file, if that may differ. */
  transform(url: string, code: string, text?: string): string;
  /**
   * Returns the URL to load for an import of any file; not called on Bun.
   *
   * @param url What the specifier was resolved to.
   * @param importer The URL of the importing module.
   * @param specifier What the importing module calls it; left out for what a CommonJS module requires.
   */
  resolve(url: string, importer: string, specifier?: string): string;
}
