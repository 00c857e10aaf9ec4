/** The messages between a host and its workers: types only. @module */
import type { YamlLocation } from "../config/yaml_values.ts";
import type { ErrorInfo, FileHashes, Issue } from "../errors/mod.ts";
import type { Batching, BatchingPlaces } from "../executor/batch_options.ts";
import type { Candidate } from "../executor/entry.ts";
import type { LogRecord } from "../log/logger.ts";
import type { OutputStream } from "../runtime/runtime.ts";
import type { Encoded } from "./encoded.ts";
import type { Bindings } from "./endpoint_info.ts";

/** What a worker needs to load one version of an Executor. */
export interface LoadOrder {
  readonly deployment: string;
  readonly replica: number;
  readonly version: number;
  /** The class; when left out, the only Executor of the modules. */
  readonly className?: string;
  readonly namedAt?: YamlLocation;
  readonly modules: readonly Candidate[];
  /** Whether the only Executor of the modules may replace a class that no longer exists. */
  readonly mayRename: boolean;
  readonly replicas: number;
  /** When the load stops between import and constructor, until the host sends `construct`. */
  readonly pause: Pause;
  /** Names of Executors that exist elsewhere in the program, for messages. */
  readonly known: readonly string[];
  readonly with: Readonly<Record<string, unknown>>;
  readonly metas: Readonly<Record<string, unknown>>;
  /** Overrides the `batch` of endpoints; left out where none is. */
  readonly batching?: Batching;
  readonly batchingAt?: BatchingPlaces;
  readonly workspace: string;
  /** In place: the instance whose unchanged modules are shared; left out in a fresh worker. */
  readonly base?: number;
  /** In place: the files that have changed since `base` was loaded. */
  readonly changed?: readonly string[];
  /** The contents of files to load in place of those on disk, which have changed since. */
  readonly restored?: readonly FileContent[];
}

/** A file's content, with its hash. */
export type FileContent = readonly [path: string, hash: string, content: Uint8Array];

/** When a load stops after the import: for an exclusive class only, always, or never. */
export type Pause = "if-exclusive" | "always" | "never";

/** The outcome of a load. */
export type LoadAnswer =
  | Bindings & {
    readonly kind: "ready";
    readonly className: string;
    readonly stateful: boolean;
    readonly exclusive: boolean;
    readonly closes: boolean;
    /** The headers that some handler asks for, in lower case; left out without any. */
    readonly headers?: readonly string[];
    readonly files: FileHashes;
    /** The URLs of the modules to prepare before the next version is loaded: packages to import, others to link. */
    readonly prepares: readonly string[];
    /** How long the constructor and `setup()` took, in milliseconds. */
    readonly setupMs?: number;
  }
  /** The load has paused: the modules are imported and the class is found. */
  | { readonly kind: "imported"; readonly exclusive: boolean; readonly files: FileHashes }
  /** This worker cannot load it, but one that has loaded nothing before can. */
  | { readonly kind: "unsuitable"; readonly reason: string }
  | {
    readonly kind: "failed";
    readonly error: ErrorInfo;
    readonly files: FileHashes;
    /** The value of a YAML file that is wrong; the host finds its line, which is then the error's place. */
    readonly namedAt?: YamlLocation;
    /** How long the constructor and `setup()` took, in milliseconds; left out when they were not reached. */
    readonly setupMs?: number;
  };

/** A request without its documents and its id, as the Executors after the first one get it. */
export interface Envelope<E extends Encoded = Encoded> {
  readonly endpoint: string;
  /** The pattern of `targetExecutor`; left out for all. */
  readonly target?: string;
  /** Left out when there are none. */
  readonly parameters?: E;
}

/** A request to one Executor. */
export interface Call<E extends Encoded = Encoded> {
  /** The request's body as it came; with an `envelope`, documents. */
  readonly body: E;
  /** The name of the codec; left out for JSON. */
  readonly codec?: string;
  /** The documents in `body` as several branches changed them, to be merged; the later one wins. */
  readonly branches?: readonly E[];
  /** Whether the documents are only decoded or merged, without a handler, which any worker can do. */
  readonly parseOnly?: true;
  /** With `parseOnly`, in a worker without an Executor: the codec of the answer. */
  readonly convertTo?: string;
  /** The id of a request whose body contains none. */
  readonly requestId: string;
  /** The endpoint, when the path names it; otherwise the body does. */
  readonly endpoint?: string;
  /** The request as the first Executor decoded it; left out for the first one. */
  readonly envelope?: Envelope<E>;
  /** The initial credit of a stream; left out when the answer contains all documents. */
  readonly window?: number;
  /** The headers that endpoints of the Executor ask for, by their names in lower case; left out without any. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The endpoints of the Flow whose documents have a schema, `default` included; left out without any. */
  readonly typed?: readonly string[];
  /** Whether the log lines of its handler get the request's id; left out while the events have no reader. */
  readonly followed?: true;
  /** The W3C `traceparent` of the call's span; left out without tracing. */
  readonly traceparent?: string;
}

/** What identifies a stream in log messages. */
export interface StreamName {
  readonly endpoint: string;
  readonly requestId: string;
}

/** What an answer says of its request. */
export interface RequestFacts {
  /** Left out when it could not be read. */
  readonly endpoint?: string;
  /** The request's own id, when its body contained one. */
  readonly requestId?: string;
  /** How many documents the request had; left out when it was one. */
  readonly count?: number;
  /** The number of documents and of requests in the batch, in the answer to its first request. */
  readonly batch?: readonly [documents: number, requests: number];
}

/** The outcome of a call. Each key of a message costs time: defaults are left out. */
export type CallAnswer = CallDone | CallInvalid | CallRefused;

/** The answer to a request that is not valid. */
export interface CallInvalid extends RequestFacts {
  readonly kind: "invalid";
  readonly issues: readonly Issue[];
  /** Whether it has reached neither a handler nor its schemas. */
  readonly isUnhandled?: true;
}

/** The handler has refused the request with a status 4xx: see `RequestError`. */
export interface CallRefused extends RequestFacts {
  readonly kind: "refused";
  readonly endpoint: string;
  readonly status: number;
  readonly message: string;
}

/** An answer with documents. */
export interface CallDone<E extends Encoded = Encoded> extends Envelope<E>, RequestFacts {
  readonly kind: "done";
  readonly endpoint: string;
  readonly docs: E;
  /** Whether the Executor has no handler for the endpoint. */
  readonly unbound?: true;
  /** The plain object that the handler returned. */
  readonly result?: ReplicaResult<E>;
  /** The plain objects that several handlers returned, when the Executor is a Flow elsewhere. */
  readonly results?: readonly ReplicaResult<E>[];
  /** What the handler threw, and its class. */
  readonly error?: { readonly info: ErrorInfo; readonly executor: string };
}

/** The plain object that a handler returned, with the name of its replica. */
export type ReplicaResult<E extends Encoded = Encoded> = readonly [replica: string, result: E];

/** What `saveState()` returned: a clone, or a reference to an instance of the same worker that has it. */
export type SavedState = { readonly value: unknown } | { readonly instance: number };

/** The name of a kept value, the instance that has it made, and whether it is made. */
export type KeptName = readonly [name: string, maker: number, isMade: boolean];

/** The methods that a host calls in a worker, with their parameters and results. */
export interface RpcMethods {
  load: { params: LoadOrder; result: LoadAnswer };
  /**
   * Constructs and sets up the Executor of a load that has paused. Can be repeated when it fails. Waits for the ends of
   * other instances that are under way, at most `waitMs` milliseconds.
   */
  construct: { params: { readonly waitMs: number }; result: LoadAnswer };
  call: { params: Call; result: CallAnswer };
  /** Saves the state; by reference for an instance of the same worker. */
  save: { params: { readonly byReference: boolean }; result: SavedState };
  restore: { params: SavedState; result: null };
  close: { params: null; result: null };
  /**
   * Ends an instance; with the last one, all that was kept is let go. With `overtaken`, a newer load has taken its place,
   * which may ask for what it has kept.
   */
  release: { params: { readonly overtaken: boolean }; result: null };
  /** Lets go of all that is kept, since the worker ends or what is kept has to be free. */
  clear: { params: null; result: null };
  /** Runs `setup()` of a closed Executor again. Waits as `construct` does. */
  resume: { params: { readonly waitMs: number }; result: null };
  ping: { params: null; result: null };
  /** Captures standard output and standard error from now on, and sends them as `output`. */
  capture: { params: null; result: null };
  /** Runs the code of a request once, so that the first request is as fast as the others. */
  "warm-up": { params: null; result: null };
  /** Prepares modules for a version to come. Returns how long that took, in milliseconds. */
  preload: { params: { readonly urls: readonly string[] }; result: number };
  /** Returns the files read so far, for a load that does not end. */
  files: { params: null; result: FileHashes };
}

/** The names of the methods. */
export type RpcMethod = keyof RpcMethods;

/** Which version in a worker a message concerns: left out for the first one, and for messages of the whole worker. */
interface Addressed {
  readonly instance?: number;
}

/** Host to worker. Messages are sent in arrays: all of one turn of the event loop together. */
export type ToWorker =
  & Addressed
  & (
    | {
      [K in RpcMethod]: { readonly kind: K; readonly id: number; readonly params: RpcMethods[K]["params"] };
    }[RpcMethod]
    | { readonly kind: "abort"; readonly id: number; readonly reason: string }
    /** No call comes to join the batches that wait: they start now, and with `isLast` later ones do not wait either. */
    | { readonly kind: "flush"; readonly id: 0; readonly isLast: boolean }
    /** The receiver of a stream has read documents, and gives credit for more. */
    | { readonly kind: "window-update"; readonly id: number; readonly credit: number }
  );

/** A version in a worker to its replica. */
export type FromInstance =
  | { readonly kind: "answer"; readonly id: number; readonly result: unknown }
  | { readonly kind: "error"; readonly id: number; readonly error: ErrorInfo }
  /** The answer of a call is a stream: chunks follow, then the answer without documents. */
  | { readonly kind: "stream-start"; readonly id: number; readonly stream: StreamName }
  | { readonly kind: "stream-chunk"; readonly id: number; readonly doc: Encoded }
  /** The version has imported a file after its load. */
  | { readonly kind: "imported"; readonly file: FileHashes[number] };

/** Worker to host. */
export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "log"; readonly record: LogRecord }
  | (FromInstance & Addressed)
  /** A load in place begins; with the contents of the modules of the version it starts from, as far as they are new. */
  | {
    readonly kind: "loading";
    readonly instance: number;
    readonly contents: readonly FileContent[];
  }
  /** All values that the worker keeps, and the names of those that are being disposed of. */
  | { readonly kind: "kept"; readonly values: readonly KeptName[]; readonly disposing: readonly string[] }
  /** Code has written whole lines, and output is captured. */
  | { readonly kind: "output"; readonly stream: OutputStream; readonly text: string }
  | { readonly kind: "uncaught"; readonly error: ErrorInfo }
  | { readonly kind: "exit"; readonly how: string };
