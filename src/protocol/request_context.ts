import type { CancelToken } from "../async/cancel_token.ts";
import type { StreamQueue } from "../async/stream_queue.ts";

/** A request on its way through a Flow: what each step needs besides the documents. */
export interface RequestContext {
  /** The id that the gateway gave it; a request that brings its own id is known by that one as soon as it is parsed. */
  readonly id: string;
  /** Cancels the request: its client is gone, or its time is over. */
  readonly cancel: CancelToken;
  /** Takes the documents of the answer one by one, when the client asked for a stream. */
  readonly stream?: StreamQueue;
}
