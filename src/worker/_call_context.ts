import type { DecodedRequest } from "../codec/codec.ts";
import type { HandlerContext } from "../executor/handler.ts";
import { parametersFor } from "../protocol/parameters.ts";
import type { CallDone } from "../protocol/protocol.ts";
import type { DocumentSink } from "./document_sink.ts";
import { LazyAbort } from "./_lazy_abort.ts";

/** The context that a handler gets. */
export class CallContext implements HandlerContext {
  parameters: HandlerContext["parameters"];
  readonly endpoint: string;
  readonly requestId: string;
  /** Takes the documents, when they are sent one by one. */
  sink?: DocumentSink;
  /** Called when the call is aborted. */
  onAbort?: (reason: string) => void;
  /** The size of its batch, which one of the batch's requests reports. */
  batch?: CallDone["batch"];
  readonly #abort = new LazyAbort();

  constructor(
    request: DecodedRequest,
    deployment: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    this.parameters = parametersFor(deployment, request.parameters);
    this.endpoint = request.endpoint;
    this.requestId = request.requestId;
  }

  get requestIds(): readonly string[] {
    return [this.requestId];
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get isAborted(): boolean {
    return this.#abort.reason !== undefined;
  }

  abort(reason: string): void {
    this.#abort.abort(reason);
    this.onAbort?.(reason);
  }

  throwIfAborted(): void {
    const { reason } = this.#abort;
    if (reason !== undefined) throw new DOMException(reason, "AbortError");
  }
}
