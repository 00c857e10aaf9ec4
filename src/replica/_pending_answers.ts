import type { StreamQueue } from "../async/stream_queue.ts";
import type { Call, FromWorker, RpcMethod, StreamName } from "../protocol/protocol.ts";

/**
 * What waits for an answer of the worker. Lets go of its promise when that is settled: V8's maps keep what was deleted
 * from them until a full collection, and with each call its answer.
 */
export class Pending {
  /** What its stream is called, once it is one. */
  stream?: StreamName;

  constructor(
    readonly kind: RpcMethod,
    private promise?: { resolve(value: unknown): void; reject(error: Error): void },
    private queue?: StreamQueue,
  ) {}

  resolve(value: unknown): void {
    this.promise?.resolve(value);
    this.#release();
  }

  reject(error: Error): void {
    this.promise?.reject(error);
    this.#release();
  }

  /** The answer is a stream. */
  begin(stream: StreamName): void {
    this.stream = stream;
    this.queue?.begin();
  }

  /** A document of the stream. */
  put(doc: string): void {
    this.queue?.push(doc);
  }

  #release(): void {
    this.promise = undefined;
    this.queue = undefined;
  }
}

/** Whether it is what the worker's entry sends: an Executor's module can post whatever it likes. */
export function isOurs(messages: unknown): messages is FromWorker[] {
  return Array.isArray(messages) && typeof messages[0]?.kind === "string";
}

/** About how many characters a call holds. */
export function sizeOf({ body, branches = [] }: Call): number {
  return branches.reduce((size, branch) => size + branch.length, body.length);
}
