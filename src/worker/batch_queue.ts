import { isPlain } from "../document/json_value.ts";
import type { DocumentArray } from "../document/document_array.ts";
import type { BatchOptions } from "../executor/batch_options.ts";
import type { HandlerContext } from "../executor/handler.ts";
import { after } from "../async/deadline.ts";
import { tracing } from "../trace/tracing.ts";
import type { CallContext } from "./_call_context.ts";
import { BatchContext } from "./_batch_context.ts";
import { SentDocuments } from "./_sent_documents.ts";

/** What a request gets of its batch: its documents, or the plain object that the handler returned. */
type Share = DocumentArray | object;

/** A request that waits for its batch, or runs in one. */
interface Member {
  readonly docs: DocumentArray;
  readonly context: CallContext;
  /** The span of its call, where there is tracing. */
  readonly span: NonNullable<typeof tracing.spans>["activeContext"];
  readonly share: PromiseWithResolvers<Share>;
}

/** Requests with equal parameters that wait. */
interface Batch {
  readonly members: Set<Member>;
  /** The ids of its documents, as far as they have to differ. */
  readonly ids: Set<string>;
  size: number;
  cancelTimer: () => void;
}

/** What is known of a method from the batches that it has handled. */
export interface Experience {
  /**
   * Whether it has always returned the objects that it was given. Until that is known, and when it has not, documents with
   * the same id share no batch: one of them that is returned as a new object could belong to each of their requests.
   */
  returnsGiven?: boolean;
}

/** What the requests of one endpoint need in order to be handled together. */
export interface BatchQueueOptions extends BatchOptions {
  /** Calls the handler. */
  readonly invoke: (docs: DocumentArray, context: HandlerContext) => unknown;
  /** What is known of the handler; shared by all of its queues. */
  readonly experience: Experience;
  /** Whether batches wait for more requests. */
  readonly mayWait: () => boolean;
  /** Called when no request waits or runs any more. */
  readonly onIdle?: () => void;
  /** Starts a callback after some milliseconds; returns a function that prevents it. For tests. */
  readonly timer?: (ms: number, callback: () => void) => () => void;
}

/** Has a handler handle the documents of concurrent requests to an endpoint together: see `RequestsOptions.batch`. */
export class BatchQueue {
  /** The batches that wait, by their parameters. */
  readonly #waiting = new Map<string, Batch>();
  #running = 0;

  constructor(private readonly options: BatchQueueOptions) {}

  /**
   * Adds a request; a batch contains whole requests.
   *
   * @param parameters Those of the request as they came: requests with equal ones may share a batch.
   * @returns Its share of the batch's result. Rejects when the handler fails, its result cannot be divided, or the request
   * is aborted before its batch starts.
   */
  async add(docs: DocumentArray, context: CallContext, parameters = context.parameters): Promise<Share> {
    context.throwIfAborted();
    const key = keyOf(parameters);
    let batch = this.#waiting.get(key);
    if (batch !== undefined && !this.#fits(batch, docs)) {
      this.#start(key, batch);
      batch = undefined;
    }
    batch ??= this.#open(key);
    const share = Promise.withResolvers<Share>();
    const member: Member = { docs, context, span: tracing.spans?.activeContext, share };
    batch.members.add(member);
    batch.size += docs.length;
    if (!this.options.experience.returnsGiven) { for (const { id } of docs) batch.ids.add(id); }
    this.#leaveOnAbort(member, key, batch);
    if (batch.size >= this.options.size) this.#start(key, batch);
    return await member.share.promise;
  }

  /** Starts the batches that wait. */
  flush(): void {
    for (const [key, batch] of [...this.#waiting]) this.#start(key, batch);
  }

  #fits(batch: Batch, docs: DocumentArray): boolean {
    const { size, experience } = this.options;
    return batch.size + docs.length <= size &&
      (experience.returnsGiven || docs.every(({ id }) => !batch.ids.has(id)));
  }

  #open(key: string): Batch {
    const { timer = after, wait, mayWait } = this.options;
    const isAlone = this.#running === 0 && this.#waiting.size === 0;
    const batch: Batch = { members: new Set(), ids: new Set(), size: 0, cancelTimer: () => {} };
    this.#waiting.set(key, batch);
    const start = () => this.#waiting.get(key) === batch && this.#start(key, batch);
    // At the end of the turn: requests that came together run together.
    if (isAlone || !mayWait()) setImmediate(start);
    else batch.cancelTimer = timer(wait, start);
    return batch;
  }

  /** Has a request leave its batch when its client is gone before the batch starts. */
  #leaveOnAbort(member: Member, key: string, batch: Batch): void {
    member.context.onAbort = () => {
      batch.members.delete(member);
      batch.size -= member.docs.length;
      member.share.reject(new DOMException("the request was aborted before its batch started", "AbortError"));
      if (batch.members.size > 0) return;
      batch.cancelTimer();
      this.#waiting.delete(key);
      this.#proceed();
    };
  }

  async #start(key: string, batch: Batch): Promise<void> {
    batch.cancelTimer();
    this.#waiting.delete(key);
    this.#running++;
    const members = [...batch.members];
    const context = new BatchContext(members.map(({ context }) => context));
    let settle: (member: Member, index: number) => void;
    try {
      const sent = new SentDocuments(members.map(({ docs }) => docs));
      const { invoke, experience } = this.options;
      const { shares, areGiven } = sent.divide(
        await tracedBatch(members, sent.all.length, () => invoke(sent.all, context)),
      );
      if (areGiven !== undefined) experience.returnsGiven = areGiven && experience.returnsGiven !== false;
      settle = ({ share }, index) => share.resolve(shares[index]);
    } catch (error) {
      settle = ({ share }) => share.reject(error);
    }
    // The answer to a client that is gone is not read.
    const reader = members.find(({ context }) => !context.isAborted);
    if (reader !== undefined) reader.context.batch = [batch.size, members.length];
    members.forEach(settle);
    this.#running--;
    this.#proceed();
  }

  /** Starts the batches that wait when none runs. */
  #proceed(): void {
    if (this.#running > 0) return;
    if (this.#waiting.size === 0) return this.options.onIdle?.();
    // Two turns later: the answers of the last batch are sent before, in the next one.
    setImmediate(() => setImmediate(() => this.#running === 0 && this.flush()));
  }
}

/** Calls the handler of a batch in a span, where there is tracing. */
function tracedBatch(members: readonly Member[], documents: number, run: () => unknown): unknown {
  const { spans } = tracing;
  return spans === undefined
    ? run()
    : spans.batch(members.map(({ span }) => span), documents, async () => await run());
}

/** The same text for equal parameters: with the keys of objects in order, and with numbers that JSON does not have. */
function keyOf(parameters: Record<string, unknown>): string {
  return JSON.stringify(
    parameters,
    (_key, value) =>
      typeof value === "string"
        ? `text ${value}`
        : typeof value === "number" && !Number.isFinite(value)
        ? `number ${value}`
        : isPlain(value)
        ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1))
        : value,
  );
}
