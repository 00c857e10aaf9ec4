import type { CancelToken } from "../async/cancel_token.ts";
import type { Encoded } from "./encoded.ts";
import type { StreamQueue } from "./stream_queue.ts";

/** The context of a request, which each step gets beside the documents. */
export interface RequestContext<E extends Encoded = Encoded> {
  /** The id that the gateway generated; a request whose body contains an id is known by that one once it is decoded. */
  readonly id: string;
  /** When the gateway got the request, as `performance.now()`; left out for when the Flow gets it. */
  readonly startedAt?: number;
  /** Cancels the request when its client is gone or its time is over. */
  readonly cancel: CancelToken;
  /** Receives the documents of the answer one by one; left out when the client expects a whole answer. */
  readonly stream?: StreamQueue<E>;
  /** Reads a header of the request by its name in lower case; left out where there are none. */
  readonly header?: ((name: string) => string | undefined) | undefined;
}
