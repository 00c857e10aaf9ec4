/** What a replica's host and its worker say to each other: types only. @module */
import type { ErrorInfo, FileHashes, Issue, Place } from "../errors/mod.ts";
import type { Candidate } from "../executor/entry.ts";
import type { LogRecord } from "../log/logger.ts";
import type { OutputStream } from "../runtime/runtime.ts";

/** Everything a worker needs to load one version of an Executor. */
export interface LoadOrder {
  readonly deployment: string;
  readonly replica: number;
  readonly version: number;
  /** The class; without it, the only Executor of the modules. */
  readonly className?: string;
  /** Where the class is named, when a file names it. */
  readonly namedAt?: Place;
  readonly modules: readonly Candidate[];
  /** Whether the only Executor of the modules may take the place of a class that is gone. */
  readonly mayRename: boolean;
  /** How many replicas the version has. */
  readonly replicas: number;
  /** When the load stops after the import, before the constructor: the host then sends `construct`. */
  readonly pause: Pause;
  /** Names of Executors that exist elsewhere in the program, for messages. */
  readonly known: readonly string[];
  readonly with: Readonly<Record<string, unknown>>;
  readonly metas: Readonly<Record<string, unknown>>;
  readonly workspace: string;
}

/** When a load stops after the import: for an exclusive class only, always, or never. */
export type Pause = "if-exclusive" | "always" | "never";

/** What became of a load. */
export type LoadAnswer =
  | {
    readonly kind: "ready";
    readonly className: string;
    readonly endpoints: readonly string[];
    readonly hasDefault: boolean;
    readonly stateful: boolean;
    readonly exclusive: boolean;
    /** Whether it has a `close()`. */
    readonly closes: boolean;
    readonly files: FileHashes;
  }
  /** The modules are imported, and the class is found; `construct` does the rest. */
  | { readonly kind: "imported"; readonly exclusive: boolean; readonly files: FileHashes }
  | { readonly kind: "failed"; readonly error: ErrorInfo; readonly files: FileHashes };

/** What the Executors after the first one need of a request besides its documents and its id. */
export interface Envelope {
  readonly endpoint: string;
  /** The pattern of `targetExecutor`; left out for all. */
  readonly target?: string;
  /** JSON; left out when there are none. */
  readonly parameters?: string;
}

/** One request on its way through one Executor. */
export interface Call {
  /** A request's body as it came; with an envelope, a JSON array of documents. */
  readonly body: string;
  /** What branches made of the documents in `body`, each a JSON array; to be merged, and the later one wins. */
  readonly branches?: readonly string[];
  /** Whether this is a favour to the Flow: the documents are read or merged, and no handler gets them. */
  readonly parseOnly?: true;
  /** An id for a request that brings none. */
  readonly requestId: string;
  /** The endpoint, when the path says it; otherwise the body does. */
  readonly endpoint?: string;
  /** Given by the first Executor on the way, which parsed the request. */
  readonly envelope?: Envelope;
  /** Given when the documents are to come one by one, as parts: how far the worker may be ahead of who reads them. */
  readonly window?: number;
}

/** By what a stream is called in messages. */
export interface StreamName {
  readonly endpoint: string;
  readonly requestId: string;
}

/** What became of a call. Each key of a message costs time: what is as usual is left out. */
export type CallAnswer = CallDone | { readonly kind: "invalid"; readonly issues: readonly Issue[] };

/** An answer with documents. */
export interface CallDone extends Envelope {
  readonly kind: "done";
  /** The documents as JSON. */
  readonly docs: string;
  /** The id that the request brought. */
  readonly requestId?: string;
  /** Whether no handler here is meant for the endpoint. */
  readonly unbound?: true;
  /** The plain object that the handler returned, as JSON, and the replica that it is from. */
  readonly result?: readonly [replica: string, json: string];
  /** What the handler threw, and its class. */
  readonly error?: { readonly info: ErrorInfo; readonly executor: string };
}

/** What the host asks of a worker, by kind: what it gives, and what it gets. */
export interface RpcMethods {
  load: { params: LoadOrder; result: LoadAnswer };
  /** Constructs and sets up the Executor of a load that paused. Can be repeated when it failed. */
  construct: { params: null; result: LoadAnswer };
  call: { params: Call; result: CallAnswer };
  save: { params: null; result: unknown };
  restore: { params: unknown; result: null };
  close: { params: null; result: null };
  /** Runs `setup()` of an Executor that was closed once more. */
  resume: { params: null; result: null };
  ping: { params: null; result: null };
  /** Sends what code writes to standard output and standard error, from now on. */
  capture: { params: null; result: null };
  /** Does for the first time what a request needs, while nobody waits. */
  "warm-up": { params: null; result: null };
  /** The files read so far, for a load that does not end. */
  files: { params: null; result: FileHashes };
}

/** The kinds of orders. */
export type RpcMethod = keyof RpcMethods;

/** Host to worker. Messages travel in arrays: all of one turn of the event loop together. */
export type ToWorker =
  | {
    [K in RpcMethod]: { readonly kind: K; readonly id: number; readonly params: RpcMethods[K]["params"] };
  }[RpcMethod]
  | { readonly kind: "abort"; readonly id: number; readonly reason: string }
  /** So much of a stream's window is free again. */
  | { readonly kind: "window-update"; readonly id: number; readonly credit: number };

/** Worker to host. */
export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "answer"; readonly id: number; readonly result: unknown }
  | { readonly kind: "error"; readonly id: number; readonly error: ErrorInfo }
  /** A call's answer is a stream: its parts come now, then the answer, without documents. */
  | { readonly kind: "stream-start"; readonly id: number; readonly stream: StreamName }
  | { readonly kind: "stream-chunk"; readonly id: number; readonly doc: string }
  /** A file that the version imports after it was loaded. */
  | { readonly kind: "imported"; readonly file: FileHashes[number] }
  | { readonly kind: "log"; readonly record: LogRecord }
  /** Whole lines that code has written, where they are captured. */
  | { readonly kind: "output"; readonly stream: OutputStream; readonly text: string }
  | { readonly kind: "uncaught"; readonly error: ErrorInfo }
  | { readonly kind: "exit"; readonly how: string };
