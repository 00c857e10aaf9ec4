/** What a front needs of the Flow behind it: types only. @module */
import type { ErrorInfo, Issue } from "../errors/mod.ts";
import type { Bindings } from "../protocol/endpoint_info.ts";
import type { Encoded } from "../protocol/encoded.ts";
import type { FailureReason } from "../protocol/failure_reason.ts";
import type { Call, Envelope, ReplicaResult, RequestFacts } from "../protocol/protocol.ts";
import type { RequestContext } from "../protocol/request_context.ts";

/** A request as it came in. */
export interface FlowRequest<E extends Encoded = Encoded> {
  /** The body, which a worker decodes. */
  readonly body: E;
  /** The name of the body's codec; left out for JSON. */
  readonly codec?: string;
  /** The endpoint; left out when the body names it. */
  readonly endpoint?: string;
  /** The rest of the request, when the body has its documents only. */
  readonly envelope?: Envelope<E>;
  /** The documents in `body` as several branches changed them, to be merged; the later one wins. */
  readonly branches?: readonly E[];
  /** Reads what a call says of its request when no worker has answered it; left out for JSON. Never throws. */
  inspect?(call: Call<E>): RequestFacts;
}

/** An Executor that a request has passed; times in milliseconds since 1970. */
export interface Route {
  readonly executor: string;
  readonly startTime: number;
  readonly endTime: number;
  readonly error?: ErrorInfo;
}

/** A request that the Executors have handled, up to the first error. */
export interface FlowResult<E extends Encoded = Encoded> {
  readonly kind: "done";
  /** The request's own id, or else that of its context. */
  readonly requestId: string;
  /** The endpoint; left out when the body names it and was not decoded. */
  readonly endpoint?: string;
  /** Left out when there are none. */
  readonly parameters?: E;
  /** The documents as the last Executor left them; left out when the request was not decoded. */
  readonly docs?: E;
  readonly routes: readonly Route[];
  /** The plain objects that handlers returned. */
  readonly results: readonly ReplicaResult<E>[];
  readonly error?: FlowFailure;
}

/** What went wrong in the Executors. */
export interface FlowFailure {
  readonly reason: FailureReason;
  readonly info: ErrorInfo;
  /** The Executor's class or, when no handler threw, its name; `gateway` when it is none's. */
  readonly executor: string;
}

/** The outcome of a request. */
export type FlowAnswer<E extends Encoded = Encoded> =
  | { readonly kind: "invalid"; readonly issues: readonly Issue[] }
  | { readonly kind: "unbound"; readonly endpoint: string }
  | { readonly kind: "down"; readonly reason: string }
  /** A handler has refused it with a status 4xx. */
  | { readonly kind: "refused"; readonly endpoint: string; readonly status: number; readonly message: string }
  | FlowResult<E>;

/** A Flow as its fronts see it. */
export interface Backend extends Bindings {
  /** Why it cannot answer now; `undefined` when it can. */
  readonly downReason: string | undefined;
  /** Calls back when {@linkcode downReason} may have changed; returns a function that stops it. */
  onChange(callback: () => void): () => void;
  /** Handles a request. With a `context.stream`, the documents are pushed there one by one. Never rejects. */
  run<E extends Encoded>(request: FlowRequest<E>, context: RequestContext<E>): Promise<FlowAnswer<E>>;
  /** What `GET /status` returns as JSON. */
  status(): object;
  /** What `GET /metrics` returns: Prometheus' text format. */
  metrics(): Promise<string>;
  /** What `GET /events` and the page show; left out where the page is off. */
  readonly events?: {
    /**
     * Opens a stream of Server-Sent Events, which ends when the Flow closes.
     *
     * @param lastId The id of the last event that the reader has seen.
     */
    open(lastId?: string): ReadableStream<Uint8Array>;
  };
}
