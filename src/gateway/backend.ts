/** What the gateway needs of the Flow behind it: types only. @module */
import type { ErrorInfo, Issue } from "../errors/mod.ts";
import type { RequestContext } from "../protocol/request_context.ts";

/** A request as it came in. */
export interface FlowRequest {
  /** The body, unparsed. */
  readonly body: string;
  /** An id, for a request that brings none. */
  readonly requestId: string;
  /** The endpoint, when the path said it. */
  readonly endpoint?: string;
}

/** One station of a request; times in milliseconds since 1970. */
export interface Route {
  readonly executor: string;
  readonly startTime: number;
  readonly endTime: number;
  readonly error?: ErrorInfo;
}

/** What is known of a request after an Executor had it. */
export interface Passed {
  /** The documents as JSON. */
  readonly body: string;
  readonly requestId: string;
  readonly envelope?: {
    readonly endpoint: string;
    /** JSON; left out when there are none. */
    readonly parameters?: string;
  };
}

/** What became of a request. */
export type FlowAnswer =
  | { readonly kind: "invalid"; readonly issues: readonly Issue[] }
  | { readonly kind: "unbound"; readonly endpoint: string }
  | { readonly kind: "down"; readonly reason: string }
  | {
    readonly kind: "done";
    readonly request: FlowRequest;
    readonly routes: Route[];
    /** The plain objects that handlers returned, as JSON. */
    readonly results: (readonly [replica: string, json: string])[];
    /** As the last Executor left it; not there when none got to read it. */
    readonly last?: Passed;
    readonly error?: {
      readonly info: ErrorInfo;
      readonly executor: string;
      readonly status: 500 | 503 | 504;
    };
  };

/** The Flow as its gateway sees it. */
export interface Backend {
  /** The endpoints that are bound now. */
  readonly endpoints: Set<string>;
  /** Whether endpoints that are not bound are answered too. */
  readonly hasDefault: boolean;
  /** Why it cannot answer now; `undefined` when it can. */
  readonly downReason: string | undefined;
  /** Has the Executors handle a request. With a stream, the documents go there one by one. Never throws. */
  run(request: FlowRequest, context: RequestContext): Promise<FlowAnswer>;
  /** What `GET /status` returns as JSON. */
  status(): object;
}
