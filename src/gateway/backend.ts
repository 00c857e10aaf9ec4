/** What the gateway needs of the Flow behind it: types only. @module */
import type { ErrorInfo, Issue } from "../errors/mod.ts";

/** A request as it came in. */
export interface FlowRequest {
  /** The body, unparsed. */
  readonly body: string;
  /** An id, for a request that brings none. */
  readonly requestId: string;
  /** The endpoint, when the path said it. */
  readonly endpoint?: string;
}

/** One station of a request. */
export interface Route {
  readonly executor: string;
  readonly startTime: Date;
  readonly endTime: Date;
  readonly error?: ErrorInfo;
}

/** What a request says of itself, as the first Executor read it. */
export interface RequestEnvelope {
  readonly endpoint: string;
  readonly requestId: string;
  /** JSON. */
  readonly parameters: string;
}

/** What became of a request. */
export type FlowAnswer =
  | { readonly kind: "invalid"; readonly issues: readonly Issue[] }
  | { readonly kind: "unbound"; readonly endpoint: string }
  | { readonly kind: "down"; readonly reason: string }
  | {
    readonly kind: "done";
    readonly request: FlowRequest;
    readonly routes: readonly Route[];
    /** The plain objects that handlers returned, as JSON, by replica. */
    readonly results: readonly (readonly [replica: string, json: string])[];
    /** The documents as JSON, unless no Executor got to read them: then they are in `body`. */
    readonly docs?: string;
    readonly body: string;
    readonly envelope?: RequestEnvelope;
    readonly error?: { readonly info: ErrorInfo; readonly executor: string; readonly status: 500 | 504 };
  };

/** The Flow as its gateway sees it. */
export interface Backend {
  /** The endpoints that are bound now. */
  readonly endpoints: Set<string>;
  /** Whether endpoints that are not bound are answered too. */
  readonly hasDefault: boolean;
  /** Why it cannot answer now; `undefined` when it can. */
  readonly downReason: string | undefined;
  /** Has the Executors handle a request. Never throws. */
  run(request: FlowRequest, signal?: AbortSignal): Promise<FlowAnswer>;
  /** What `/status` shows. */
  status(): unknown;
}
